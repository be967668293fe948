// The conformance suite of stores (blob-store-suite.ts) is not here: it needs the test runner, the others do not.
export { eventually, type EventuallyOptions } from './eventually.js';
export { FaultyProxy, type Fault } from './faulty-proxy.js';
export { freePort, freePorts } from './free-port.js';
export { assertNothingLeaks, track } from './leaks.js';
export { startRadosgw, whyNoRadosgw, type TestRadosgw } from './radosgw.js';
export { startRedis, type StartRedisOptions, type TestRedis } from './redis-server.js';
export { scratchFolder, type ScratchFolder } from './scratch.js';
