import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** IPv4 that is not the public internet: private, local, shared, reserved, multicast, or a cloud's own service. */
const closedIPv4 = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  closedIPv4.addSubnet(network, prefix, 'ipv4');
}
// Looks public, and is the inside of every virtual machine of one cloud.
closedIPv4.addAddress('168.63.129.16', 'ipv4');

/** Of IPv6 only global unicast is public: no mapped or translated IPv4, no link-local, unique local or multicast. */
const globalIPv6 = new BlockList();
globalIPv6.addSubnet('2000::', 3, 'ipv6');

/** Within it: tunnels that carry IPv4 addresses, and what is for documents and tests. */
const closedIPv6 = new BlockList();
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  closedIPv6.addSubnet(network, prefix, 'ipv6');
}

/** True for an address on the public internet. False for anything that is not an address. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !closedIPv4.check(address, 'ipv4');
  if (!isIPv6(address) || address.includes('%')) return false;
  return globalIPv6.check(address, 'ipv6') && !closedIPv6.check(address, 'ipv6');
}
