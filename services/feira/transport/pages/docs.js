"use strict";
// Builds the page from openapi.json. Texts only ever become text nodes, never markup.
const el = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter((child) => child != null));
  return node;
};

/** The little Markdown that descriptions use: paragraphs, lists and `code`. */
const words = (text) => text.split("`").map((part, n) => (n % 2 ? el("code", {}, part) : part));
const prose = (text) => text.split(/\n{2,}/).map((block) => {
  const [first, ...items] = block.split(/\n?^- /m);
  const list = items.length ? el("ul", {}, ...items.map((item) => el("li", {}, ...words(item)))) : null;
  return el("div", {}, ...(first.trim() ? [el("p", {}, ...words(first))] : []), ...(list ? [list] : []));
});
const pretty = (value) => JSON.stringify(value, null, 2);
let api;

const resolve = (schema) =>
  schema && schema.$ref ? schema.$ref.slice(2).split("/").reduce((at, key) => at && at[key], api) || {} : schema || {};

const typeName = (schema) => {
  if (!schema) return "any";
  if (schema.$ref) return schema.$ref.split("/").pop();
  const many = schema.anyOf || schema.oneOf;
  if (many) return many.map(typeName).join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `${typeName(schema.items)}[]`;
  if (schema.type === "object" && typeof schema.additionalProperties === "object")
    return `{ [key]: ${typeName(schema.additionalProperties)} }`;
  return [].concat(schema.type || "any").join(" | ") + (schema.format ? ` (${schema.format})` : "");
};

const limits = (schema) => {
  const names = { minLength: "at least %s characters", maxLength: "at most %s characters", minimum: "≥ %s", maximum: "≤ %s",
    minItems: "at least %s", maxItems: "at most %s", pattern: "matches %s" };
  const all = [schema, ...(schema.anyOf || [])];
  const said = Object.entries(names).flatMap(([key, text]) =>
    all.filter((one) => one[key] !== undefined).map((one) => text.replace("%s", one[key])));
  if (schema.default !== undefined && schema.default !== null) said.push(`default ${JSON.stringify(schema.default)}`);
  return said.join(", ");
};

const objectOf = (schema) => {
  const found = resolve(schema);
  if (found.properties) return found;
  for (const inner of [...(found.anyOf || []), found.items, found.additionalProperties])
    if (inner && typeof inner === "object") {
      const deeper = objectOf(inner);
      if (deeper) return deeper;
    }
  return null;
};

const fields = (schema, depth = 0) => {
  const whole = objectOf(schema);
  if (!whole || depth > 5) return null;
  const list = el("ul", { class: "fields" });
  for (const [name, one] of Object.entries(whole.properties)) {
    const about = [...[one, ...(one.anyOf || [])].map((part) => part.description).filter(Boolean), limits(one)].filter(Boolean);
    list.append(el("li", {}, el("code", {}, name), " ", el("span", { class: "type" }, typeName(one)),
      (whole.required || []).includes(name) ? el("span", { class: "must" }, " required") : null,
      about.length ? el("div", { class: "type" }, about.join(" · ")) : null, fields(one, depth + 1)));
  }
  return list;
};

const sample = (text) => {
  const copy = el("button", { type: "button" }, "Copy");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  });
  return el("pre", {}, el("code", {}, text), navigator.clipboard ? copy : null);
};

const curl = (method, path, operation) => {
  const body = Object.entries((operation.requestBody || {}).content || {})[0];
  const lines = [`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${location.origin}${path}`];
  if (!(operation.security || [{}]).some((one) => !Object.keys(one).length)) lines.push('-H "Authorization: Bearer $TOKEN"');
  for (const one of operation.parameters || [])
    if (one.in === "header" && one.required) lines.push(`-H "${one.name}: $(uuidgen)"`);
  if (body) lines.push(`-H "Content-Type: ${body[0]}"`);
  if (body && body[1].example !== undefined) lines.push(`-d '${JSON.stringify(body[1].example).replaceAll("'", "'\\''")}'`);
  return lines.join(" \\\n  ");
};

const table = (heads, rows) => el("div", { class: "scroll", tabindex: "0" }, el("table", {},
  el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, ...rows)));

const operationCard = (path, method, operation) => {
  const inside = el("div", { class: "inside" });
  if (operation.description) inside.append(...prose(operation.description));
  const parameters = operation.parameters || [];
  if (parameters.length) inside.append(el("h4", {}, "Parameters"), table(["Name", "In", "Type", ""], parameters.map((one) =>
    el("tr", {}, el("td", {}, el("code", {}, one.name), one.required ? el("span", { class: "must" }, " required") : null),
      el("td", {}, one.in), el("td", { class: "type" }, typeName(one.schema)),
      el("td", {}, [one.description, limits(one.schema)].filter(Boolean).join(" · "))))));
  for (const [media, content] of Object.entries((operation.requestBody || {}).content || {})) {
    inside.append(el("h4", {}, "Body, ", el("code", {}, media)));
    const list = fields(content.schema);
    if (list) inside.append(list);
  }
  inside.append(el("h4", {}, "Try it"), sample(curl(method, path, operation)), el("h4", {}, "Answers"));
  inside.append(table(["Status", "", ""], Object.entries(operation.responses).map(([status, answer]) => {
    const content = Object.values(answer.content || {})[0] || {};
    const codes = Object.keys(content.examples || {});
    const said = codes.length
      ? codes.flatMap((code, at) => [at ? ", " : "", el("a", { href: `#error-${code}` }, el("code", {}, code))])
      : [answer.description, content.schema ? el("span", { class: "type" }, ` ${typeName(content.schema)}`) : null,
         fields(content.schema), content.example !== undefined ? sample(pretty(content.example)) : null];
    return el("tr", {}, el("td", { class: `status ${status < 400 ? "ok" : "no"}` }, status), el("td", {}, ...said.filter(Boolean)));
  })));
  const open = (operation.security || [{}]).some((one) => !Object.keys(one).length);
  const card = el("article", { id: operation.operationId, "data-text": `${method} ${path} ${operation.summary}`.toLowerCase() },
    el("details", {}, el("summary", {}, el("span", { class: `method ${method}` }, method), el("span", { class: "path" }, path),
      el("span", { class: "what" }, operation.summary), open ? null : el("span", { class: "role" }, operation["x-role"] || "signed in")), inside));
  return card;
};

const reveal = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = target && target.querySelector("details");
  if (details) details.open = true;
  if (target) target.scrollIntoView();
};

const render = () => {
  const main = document.getElementById("main");
  document.title = `${api.info.title} API`;
  document.getElementById("title").textContent = api.info.title;
  document.getElementById("version").textContent = api.info.version;
  main.replaceChildren(el("h1", {}, `${api.info.title} API`),
    ...prose(api.info.description || "Everything the shop answers over HTTP."),
    el("p", {}, "The machine-readable form is ",
      el("a", { href: "openapi.json" }, "openapi.json"), "."));
  const groups = new Map((api.tags || []).map((tag) => [tag.name, []]));
  for (const [path, methods] of Object.entries(api.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const tag = (operation.tags || ["Other"])[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push([path, method, operation]);
    }
  const toc = document.getElementById("toc");
  for (const [tag, operations] of groups) {
    const list = el("ul");
    main.append(el("h2", {}, tag));
    for (const [path, method, operation] of operations) {
      main.append(operationCard(path, method, operation));
      list.append(el("li", { "data-for": operation.operationId }, el("a", { href: `#${operation.operationId}` },
        el("span", { class: `method ${method}` }, method), operation.summary)));
    }
    toc.append(el("section", {}, el("h2", {}, tag), list));
  }
  main.append(el("h2", { id: "errors" }, "Errors"), table(["Code", "Status", "Title"],
    Object.entries(api.components.examples || {}).map(([code, example]) => el("tr", { id: `error-${code}` },
      el("td", {}, el("code", {}, code)), el("td", { class: "status no" }, String(example.value.status)), el("td", {}, example.value.title)))));
  reveal();
};

const filter = document.getElementById("filter");
filter.addEventListener("input", () => {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const card of document.querySelectorAll("article")) {
    const shown = words.every((word) => card.dataset.text.includes(word));
    card.hidden = !shown;
    document.querySelector(`[data-for="${CSS.escape(card.id)}"]`).hidden = !shown;
  }
});
addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== filter) {
    event.preventDefault();
    filter.focus();
  }
});
addEventListener("hashchange", reveal);
fetch("openapi.json").then((answer) => answer.json()).then((found) => {
  api = found;
  render();
}).catch((error) => {
  document.getElementById("status").textContent = `openapi.json could not be read: ${error.message}`;
});
