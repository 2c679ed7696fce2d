// Fails when a text is missing in a language, or asks for other values there.
import { readdirSync, readFileSync } from 'node:fs';

const home = new URL('../messages/', import.meta.url);
const locales = readdirSync(home);
const read = (locale, area) => JSON.parse(readFileSync(new URL(`${locale}/${area}`, home), 'utf8'));
const values = (text) =>
  [...text.matchAll(/\{(\w+)\}/g)]
    .map((found) => found[1])
    .sort()
    .join();
const wrong = [];

for (const area of readdirSync(new URL('en/', home))) {
  const texts = read('en', area);
  for (const locale of locales) {
    const others = read(locale, area);
    for (const key of new Set([...Object.keys(texts), ...Object.keys(others)])) {
      if (!(key in texts) || !(key in others)) {
        wrong.push(`${area}: ${key} is missing in ${key in texts ? locale : 'en'}`);
      } else if (others[key].trim() === '') {
        wrong.push(`${area}: ${key} is empty in ${locale}`);
      } else if (values(texts[key]) !== values(others[key])) {
        wrong.push(`${area}: ${key} asks for other values in ${locale}`);
      }
    }
  }
}
for (const line of wrong) console.error(line);
process.exitCode = wrong.length > 0 ? 1 : 0;
