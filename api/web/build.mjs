// build.mjs OUT [--watch]: bundles the pages into OUT/assets and writes OUT/pages.cc, which carries
// them. NODE_PATH names the node_modules. Nothing is fetched here, and nothing by the pages later.
import { createRequire } from 'node:module';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const esbuild = createRequire(join(process.env.NODE_PATH, 'any.js'))('esbuild');
const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];
const assets = join(out, 'assets');

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

rmSync(assets, { recursive: true, force: true });
mkdirSync(assets, { recursive: true });
await esbuild.build({
  entryPoints: { app: join(here, 'src/main.ts'), style: join(here, 'src/style.css'),
    icon: join(here, 'src/icon.svg'), theme: join(here, 'src/theme_early.ts') },
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  outdir: assets,
  entryNames: '[name]-[hash]',
  loader: { '.svg': 'copy' },
  nodePaths: [process.env.NODE_PATH],
  legalComments: 'none',
  logLevel: 'warning',
});

const files = readdirSync(assets).sort();
const built = (name) => '/assets/' + files.find((file) => file.startsWith(name + '-'));
const document = readFileSync(join(here, 'src/index.html'), 'utf8')
  .replace(/\{\{([a-z]+)\}\}/g, (_, name) => built(name));

// A literal of C++ with these bytes, in lines that an editor can show.
function literal(bytes) {
  const escape = (octet) => {
    if (octet === 0x22 || octet === 0x5c) return '\\' + String.fromCharCode(octet);
    if (octet === 0x3f || octet < 0x20 || octet > 0x7e) {
      return '\\' + octet.toString(8).padStart(3, '0');
    }
    return String.fromCharCode(octet);
  };
  const lines = [];
  for (let at = 0; at < bytes.length; at += 96) {
    lines.push('"' + [...bytes.subarray(at, at + 96)].map(escape).join('') + '"');
  }
  return lines.join('\n') || '""';
}

const pages = [['/', '.html', Buffer.from(document)],
  ...files.map((file) => ['/assets/' + basename(file), extname(file),
    readFileSync(join(assets, file))])];
const entries = pages.map(([path, extension, bytes]) =>
  `    {"${path}", "${TYPES[extension]}",\n     {${literal(bytes)}, ${bytes.length}}},\n`);
writeFileSync(join(out, 'index.html'), document);
writeFileSync(join(out, 'pages.cc'), `// Made by api/web/build.mjs.
#include "api/server/pages.h"

namespace assay::api {

std::span<const PageFile> page_files() {
  static const PageFile kFiles[] = {
${entries.join('')}  };
  return kFiles;
}

}  // namespace assay::api
`);
