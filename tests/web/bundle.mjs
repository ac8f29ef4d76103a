// bundle.mjs FILE OUT: a TypeScript test as one file that Node runs. NODE_PATH names node_modules.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const esbuild = createRequire(join(process.env.NODE_PATH, 'any.js'))('esbuild');
await esbuild.build({ entryPoints: [process.argv[2]], outfile: process.argv[3], bundle: true,
  platform: 'node', format: 'esm', target: 'node18', nodePaths: [process.env.NODE_PATH],
  logLevel: 'warning' });
