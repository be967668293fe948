#!/usr/bin/env node
// Packs the one package that can be published: `npm run pack` leaves dist/parse3d-<version>.tgz, which needs no build.
// The rooms of the workspace are bundled as they were compiled, under node_modules/@parse3d; what they take from the
// registry stands in the package's own dependencies. docs/decisions/0044-one-package.md says why.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const repository = fileURLToPath(new URL('../', import.meta.url));
const COMMAND_LINE = '@parse3d/cli';
const PAGE = '@parse3d/web';
/** Files that are read where they were written, beside the compiled ones. */
const READ_AS_WRITTEN = /\.lua$/;
/** A volume for `parse3d demo` on a machine without a line; in the repository it is a development dependency. */
const SAMPLE = 'node_modules/nifti-reader-js-samples/tests/data/avg152T1_LR_nifti.nii.gz';

const { values } = parseArgs({
  options: { out: { type: 'string', default: join(repository, 'dist') } },
});

const root = readJson(join(repository, 'package.json'));
const rooms = workspaceRooms();
const bundled = bundledRooms();
const staged = mkdtempSync(join(tmpdir(), 'parse3d-pack-'));
try {
  stage(staged);
  mkdirSync(values.out, { recursive: true });
  const packed = execFileSync(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', values.out],
    { cwd: staged, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [{ filename, size, unpackedSize }] = Object.values(JSON.parse(packed));
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.error(`${megabytes(size)}, ${megabytes(unpackedSize)} unpacked, without its dependencies`);
  console.log(join(values.out, filename));
} finally {
  rmSync(staged, { recursive: true, force: true });
}

/** Lays the package out like the repository, so that what looks for its neighbours finds them. */
function stage(folder) {
  for (const name of ['README.md', 'CHANGELOG.md', 'LICENSE', 'NOTICE'])
    cpSync(join(repository, name), join(folder, name));
  cpSync(join(repository, 'packs'), join(folder, 'packs'), { recursive: true });
  const commandLine = rooms.get(COMMAND_LINE);
  copyRoom(commandLine, join(folder, 'cli'));
  cpSync(join(repository, commandLine.path, 'bin'), join(folder, 'cli/bin'), { recursive: true });
  cpSync(join(repository, SAMPLE), join(folder, 'cli/sample', SAMPLE.split('/').at(-1)));
  for (const room of bundled) {
    const target = join(folder, 'node_modules', room.manifest.name);
    const { name, version, license, type, exports } = room.manifest;
    // No dependencies: those of all rooms are the package's, where npm sees them.
    writeJson(join(target, 'package.json'), { name, version, license, type, exports, ...commit() });
    copyRoom(room, target);
  }
  const page = join(repository, rooms.get(PAGE).path, 'dist');
  if (!existsSync(join(page, 'index.html'))) throw new Error('the page is not built: npm run build');
  cpSync(page, join(folder, 'node_modules', PAGE, 'dist'), { recursive: true });
  const { name, version, description, license, type, engines } = root;
  writeJson(join(folder, 'package.json'), {
    name,
    version,
    description,
    license,
    type,
    engines,
    ...commit(),
    bin: { parse3d: 'cli/bin/parse3d.js' },
    files: ['cli', 'packs', 'CHANGELOG.md', 'NOTICE'],
    dependencies: {
      ...dependenciesOfRooms(),
      ...Object.fromEntries(bundled.map(({ manifest }) => [manifest.name, manifest.version])),
    },
    bundleDependencies: bundled.map(({ manifest }) => manifest.name),
  });
}

/**
 * Copies what the room's sources were compiled to, and what is read as it was written. An output whose source is gone
 * stays behind; a source without an output is an error.
 */
function copyRoom({ path, manifest }, target) {
  if (manifest.name === PAGE) return;
  const source = join(repository, path, 'src');
  for (const file of readdirSync(source, { recursive: true })) {
    if (READ_AS_WRITTEN.test(file)) copy(join(source, file), join(target, 'src', file));
    if (!/(?<!\.d)\.ts$/.test(file)) continue;
    const compiled = join('dist', file.replace(/\.ts$/, '.js'));
    if (!existsSync(join(repository, path, compiled)))
      throw new Error(`${path}/${compiled} is not there: npm run build`);
    copy(join(repository, path, compiled), join(target, compiled));
  }
}

/** Every room that the command line needs, and the page; not the command line itself, which is the package. */
function bundledRooms() {
  const found = new Set([PAGE]);
  const visit = (name) => {
    for (const needed of Object.keys(rooms.get(name).manifest.dependencies ?? {})) {
      if (!rooms.has(needed) || found.has(needed)) continue;
      found.add(needed);
      visit(needed);
    }
  };
  visit(COMMAND_LINE);
  return [...found].sort().map((name) => rooms.get(name));
}

/** What the rooms take from the registry. Two rooms that want two versions of one package cannot be packed like this. */
function dependenciesOfRooms() {
  const wanted = {};
  for (const { manifest } of [rooms.get(COMMAND_LINE), ...bundled]) {
    for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
      if (rooms.has(name)) continue;
      if ((wanted[name] ?? version) !== version) {
        throw new Error(`${manifest.name} wants ${name} ${version}, another room ${wanted[name]}`);
      }
      wanted[name] = version;
    }
  }
  return Object.fromEntries(Object.entries(wanted).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function workspaceRooms() {
  const paths = root.workspaces.flatMap((pattern) =>
    pattern.endsWith('/*')
      ? readdirSync(join(repository, pattern.slice(0, -2))).map((name) => join(pattern.slice(0, -2), name))
      : [pattern],
  );
  const manifests = paths
    .filter((path) => existsSync(join(repository, path, 'package.json')))
    .map((path) => ({ path, manifest: readJson(join(repository, path, 'package.json')) }));
  return new Map(manifests.map((room) => [room.manifest.name, room]));
}

/** The commit, which manifests repeat; nothing where the tree differs from it. */
function commit() {
  const git = (...args) => execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim();
  try {
    return git('status', '--porcelain') === '' ? { gitHead: git('rev-parse', 'HEAD') } : {};
  } catch {
    return {};
  }
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function writeJson(file, value) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
