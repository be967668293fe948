// Brings ONNX Runtime's CUDA libraries to this machine: `npm run install:cuda`. `npm ci` leaves them out on purpose, since
// they are some 300 MB, only GPU hosts need them, and they come from nuget.org and not from the npm registry.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const LIBRARIES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];
const NUGET_PACKAGE = 'Microsoft.ML.OnnxRuntime.Gpu.Linux';

const HELP = `Usage: npm run install:cuda [-- options]

Installs the CUDA provider of ONNX Runtime, so that workers and "parse3d segment" can use --device cuda:<index>
(PARSE3D_DEVICE=cuda:0). For Linux on x64 with an NVIDIA GPU, CUDA 12 and cuDNN 9.

Options:
  --from <folder>   take the libraries from this folder instead of downloading them, for machines without internet
  --without-gpu     do not ask for a GPU: to build a container image on a machine that has none
  --check           only say what is there and what is missing
  -h, --help        this text

Examples:
  # on a GPU host
  $ npm run install:cuda

  # on a closed machine, with what another one downloaded
  $ npm run install:cuda -- --from ./cuda-libraries

Behind a proxy, set HTTPS_PROXY.
Exit codes: 0 done, 1 it failed, 2 wrong usage.`;

class Failure extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

try {
  main();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = error.exitCode;
}

function main() {
  const options = readOptions();
  if (options.help) {
    console.log(HELP);
    return;
  }
  const runtime = findRuntime();
  requirePlatform();
  if (options.check) {
    report(runtime);
    return;
  }
  requireGpu(options['without-gpu']);
  console.log(`onnxruntime-node ${runtime.version}: installing its CUDA libraries into ${runtime.libraries}`);
  if (options.from === undefined) download(runtime);
  else copyFrom(resolve(options.from), runtime);
  report(runtime);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        from: { type: 'string' },
        'without-gpu': { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new Failure(`${error.message}\n  see: npm run install:cuda -- --help`, 2);
  }
}

/** The installed onnxruntime-node: its folder, its version, and where its libraries lie. */
function findRuntime() {
  let manifest;
  try {
    // The package does not export its package.json.
    const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
    manifest = join(dirname(entry), '..', 'package.json');
  } catch {
    throw new Failure('onnxruntime-node is not installed; run "npm ci" first');
  }
  const folder = dirname(manifest);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  return { folder, version, libraries: join(folder, 'bin', 'napi-v6', process.platform, process.arch) };
}

function requirePlatform() {
  if (process.platform === 'linux' && process.arch === 'x64') return;
  throw new Failure(
    `expected Linux on x64, this is ${process.platform} on ${process.arch}: ONNX Runtime has CUDA libraries for no other; use --device cpu`,
  );
}

/** Asks the driver, whose program comes with it, what GPUs there are. */
function requireGpu(without) {
  if (without) return;
  try {
    const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'];
    const gpus = execFileSync('nvidia-smi', query, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
    if (gpus === '') throw new Error('it lists no GPU');
    console.log(gpus.replace(/^/gm, 'GPU: '));
  } catch (error) {
    const why = error.code === 'ENOENT' ? 'nvidia-smi is not installed' : `nvidia-smi says: ${reason(error)}`;
    throw new Failure(
      `expected an NVIDIA GPU with its driver, but ${why}.\n  Install the driver, or use --device cpu. To build an image on a machine without GPU, add: -- --without-gpu`,
    );
  }
}

const reason = (error) =>
  String(error.stderr || error.stdout || error.message)
    .trim()
    .split('\n')[0];

/** Runs onnxruntime-node's own installer, which knows where the libraries of its very version are. */
function download({ folder, version }) {
  const proxy = process.env.HTTPS_PROXY ?? process.env.https_proxy;
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'script', 'install.js')], {
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
    env: {
      ...process.env,
      ONNXRUNTIME_NODE_INSTALL: 'cuda12',
      ...(proxy === undefined ? {} : { GLOBAL_AGENT_HTTPS_PROXY: process.env.GLOBAL_AGENT_HTTPS_PROXY ?? proxy }),
    },
  });
  if (status === 0) return;
  const why = /^\w*Error: (.*)$/m.exec(stderr)?.[1] ?? stderr.trim().split('\n').at(-1);
  throw new Failure(`the libraries could not be downloaded: ${why}.
  They come from https://api.nuget.org (package ${NUGET_PACKAGE}, version ${version}).
  Is this machine online? Behind a proxy, set HTTPS_PROXY. For a closed machine:
    1. elsewhere, download https://www.nuget.org/api/v2/package/${NUGET_PACKAGE}/${version} (it is a zip file)
    2. take ${LIBRARIES.join(' and ')} from its folder runtimes/linux-x64/native
    3. here: npm run install:cuda -- --from <the folder that holds them>`);
}

function copyFrom(from, { libraries }) {
  const missing = LIBRARIES.filter((name) => !existsSync(join(from, name)));
  if (missing.length > 0) throw new Failure(`expected ${missing.join(' and ')} in ${from}`);
  for (const name of LIBRARIES) copyFileSync(join(from, name), join(libraries, name));
}

/** What is installed, and which of the libraries that it needs in turn this machine lacks. */
function report({ libraries }) {
  const missing = LIBRARIES.filter((name) => !existsSync(join(libraries, name)));
  for (const name of LIBRARIES) {
    const size = missing.includes(name)
      ? 'missing'
      : `${Math.round(statSync(join(libraries, name)).size / 2 ** 20)} MiB`;
    console.log(`${missing.includes(name) ? '-' : 'ok'}  ${name}  ${size}`);
  }
  if (missing.length > 0)
    throw new Failure('the CUDA libraries of ONNX Runtime are not installed; run: npm run install:cuda');
  const unmet = unmetNeeds(join(libraries, 'libonnxruntime_providers_cuda.so'));
  if (unmet.length === 0) {
    console.log('Done. Use it: PARSE3D_DEVICE=cuda:0 for workers, --device cuda:0 for "parse3d segment".');
    return;
  }
  console.log(`Installed, but this machine lacks ${unmet.join(', ')}.
  They belong to CUDA 12 and cuDNN 9 (for instance the packages cuda-libraries-12-x and libcudnn9-cuda-12 of NVIDIA's
  repository, or an image nvidia/cuda:12.*-cudnn-runtime); LD_LIBRARY_PATH must reach them.`);
}

function unmetNeeds(library) {
  const { stdout } = spawnSync('ldd', [library], { encoding: 'utf8' });
  return [...(stdout ?? '').matchAll(/^\s*(\S+) => not found$/gm)].map(([, name]) => name);
}
