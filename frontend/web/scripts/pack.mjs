// Compresses the files of a build once, so that nobody has to when they are asked for: node scripts/pack.mjs DIRECTORY
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const PACKED = new Set(['.css', '.js', '.json', '.svg', '.txt', '.wasm']);
const SIZE_MIN = 1024;
const home = process.argv[2];

const pack = async (path) => {
  const data = readFileSync(path);
  if (data.length < SIZE_MIN) return;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length };
  const [small, zipped] = await Promise.all([
    promisify(brotliCompress)(data, { params }),
    promisify(gzip)(data, { level: 9 }),
  ]);
  writeFileSync(`${path}.br`, small);
  writeFileSync(`${path}.gz`, zipped);
};

const files = readdirSync(home, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && PACKED.has(extname(entry.name)))
  .map((entry) => join(entry.parentPath, entry.name));
await Promise.all(files.map(pack));
