// Formats the plugin's Lua, or says what is not formatted:
//     node scripts/stylua.mjs FOLDER_OF_STYLUA [--check]
// StyLua comes from npm as a library without a command; the style is that of nvim-plugin/.stylua.toml.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [home, flag] = process.argv.slice(2);
const require = createRequire(join(home, 'package.json'));
const { Config, IndentType, OutputVerification, QuoteStyle, formatCode } = require('@johnnymorganz/stylua');

const root = join(dirname(fileURLToPath(import.meta.url)), '..', 'nvim-plugin');
const settings = Object.fromEntries(
  readFileSync(join(root, '.stylua.toml'), 'utf8')
    .split('\n')
    .map((line) => line.match(/^(\w+) = "?([^"]*)"?$/))
    .filter(Boolean)
    .map(([, name, value]) => [name, value]),
);

function config() {
  const made = Config.new();
  made.column_width = Number(settings.column_width);
  made.indent_width = Number(settings.indent_width);
  made.indent_type = IndentType[settings.indent_type];
  made.quote_style = QuoteStyle[settings.quote_style];
  return made;
}

let wrong = 0;
for (const name of readdirSync(root, { recursive: true }).sort()) {
  if (!name.endsWith('.lua')) continue;
  const path = join(root, name);
  const before = readFileSync(path, 'utf8');
  const after = formatCode(before, config(), undefined, OutputVerification.Full);
  if (after === before) continue;
  wrong += 1;
  if (flag === '--check') {
    console.error(`nvim-plugin/${name} is not formatted`);
  } else {
    writeFileSync(path, after);
    console.log(`formatted nvim-plugin/${name}`);
  }
}
process.exit(flag === '--check' && wrong > 0 ? 1 : 0);
