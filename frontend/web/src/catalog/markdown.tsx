import 'server-only';

import { lexer, type MarkedToken, type Token, type Tokens } from 'marked';
import { Fragment, type ReactNode } from 'react';

/** A description's Markdown as elements: only those below can come out of it, whatever it holds; raw HTML is shown as text. */
export function Markdown({ text }: { text: string }) {
  return (
    <div dir="auto" className="prose-stall">
      {blocks(lexer(text))}
    </div>
  );
}

function blocks(tokens: readonly Token[]): ReactNode {
  return tokens.map((token, index) => <Fragment key={index}>{block(token)}</Fragment>);
}

function block(any: Token): ReactNode {
  const token = any as MarkedToken;
  switch (token.type) {
    case 'heading':
      // The page's own headings stand above a description's.
      return <h3>{words(token.tokens)}</h3>;
    case 'paragraph':
      return <p>{words(token.tokens)}</p>;
    case 'text':
      return words(token.tokens ?? [token]);
    case 'blockquote':
      return <blockquote>{blocks(token.tokens)}</blockquote>;
    case 'list':
      return list(token);
    case 'code':
      return (
        <pre>
          <code>{token.text}</code>
        </pre>
      );
    case 'table':
      return table(token);
    case 'hr':
      return <hr />;
    case 'space':
    case 'def':
      return null;
    default:
      return words([token]);
  }
}

function list({ ordered, start, items }: Tokens.List): ReactNode {
  const rows = items.map((item, index) => <li key={index}>{blocks(item.tokens)}</li>);
  return ordered ? <ol start={start === '' ? 1 : start}>{rows}</ol> : <ul>{rows}</ul>;
}

/** One that is too wide is scrolled sideways, by keys too, within itself. */
function table({ header, rows }: Tokens.Table): ReactNode {
  const cells = (row: readonly Tokens.TableCell[]) =>
    row.map(({ tokens, align, header: isHead }, index) =>
      isHead ? (
        <th key={index} scope="col" style={align ? { textAlign: align } : undefined}>
          {words(tokens)}
        </th>
      ) : (
        <td key={index} style={align ? { textAlign: align } : undefined}>
          {words(tokens)}
        </td>
      ),
    );
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- What scrolls must be reached by keys.
    <div role="group" tabIndex={0} className="table-pane">
      <table>
        <thead>
          <tr>{cells(header)}</tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>{cells(row)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function words(tokens: readonly Token[]): ReactNode {
  return tokens.map((token, index) => <Fragment key={index}>{word(token)}</Fragment>);
}

function word(any: Token): ReactNode {
  const token = any as MarkedToken;
  switch (token.type) {
    case 'strong':
      return <strong>{words(token.tokens)}</strong>;
    case 'em':
      return <em>{words(token.tokens)}</em>;
    case 'del':
      return <del>{words(token.tokens)}</del>;
    case 'codespan':
      return <code>{token.text}</code>;
    case 'br':
      return <br />;
    case 'link':
      return link(token);
    case 'image':
      return token.text;
    case 'text':
    case 'escape':
      return plain(token.text);
    default:
      return token.raw;
  }
}

/** Other sites open only by http(s), mail and telephone, and learn nothing of who sent them. */
function link({ href, tokens }: Tokens.Link): ReactNode {
  if (!/^(https?:\/\/|mailto:|tel:|\/(?!\/))/i.test(href)) return words(tokens);
  return (
    <a href={href} rel="nofollow noopener noreferrer">
      {words(tokens)}
    </a>
  );
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' };

function plain(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (all, name: string) => ENTITIES[name] ?? all);
}
