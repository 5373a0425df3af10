import { expect, test } from 'vitest'
import { isAddressLiteral, isPrivateName, isPublicAddress } from '../../../src/http/address.ts'

test.each([
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001:80b::200e',
  '2001:4860:4860::8888',
  '2001:200::1',
  '[2606:4700:4700::1111]',
  '::ffff:8.8.8.8',
  '::ffff:808:808',
  '64:ff9b::8.8.8.8',
  '64:ff9b::808:808',
])('[M1] %s is of the public internet', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})

test.each([
  // this network, private, shared (CGNAT), loopback, link-local and the metadata service in it
  '0.0.0.0',
  '0.255.255.255',
  '10.0.0.0',
  '10.255.255.255',
  '100.64.0.0',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.255',
  '169.254.0.1',
  '169.254.169.254',
  '172.16.0.0',
  '172.31.255.255',
  '192.168.0.0',
  '192.168.255.255',
  // protocol assignments, documentation, 6to4 relays, benchmarks
  '192.0.0.1',
  '192.0.0.170',
  '192.0.2.1',
  '198.51.100.1',
  '203.0.113.1',
  '192.88.99.1',
  '198.18.0.0',
  '198.19.255.255',
  // multicast, reserved, broadcast
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
])('[M1] %s is not, by itself, mapped, or behind NAT64', (address) => {
  expect(isPublicAddress(address)).toBe(false)
  expect(isPublicAddress(`::ffff:${address}`)).toBe(false)
  expect(isPublicAddress(`[::FFFF:${address}]`)).toBe(false)
  expect(isPublicAddress(`64:ff9b::${address}`)).toBe(false)
  expect(isPublicAddress(`::${address}`)).toBe(false)
})

test.each([
  '::',
  '::1',
  '0:0:0:0:0:0:0:1',
  '0000:0000:0000:0000:0000:0000:0000:0001',
  '[::1]',
  '::ffff:7f00:1',
  '0:0:0:0:0:ffff:7f00:0001',
  '64:ff9b::7f00:1',
  '64:ff9b:1::808:808',
  '100::1',
  '2001::1',
  '2001:2::1',
  '2001:10::1',
  '2001:20::1',
  '2001:1ff::1',
  '2001:db8::1',
  '2001:DB8:ffff::1',
  '2002:7f00:1::',
  '2002:808:808::',
  '3fff::1',
  '3fff:fff::1',
  '4000::1',
  '5f00::1',
  'fc00::1',
  'fd12:3456:789a::1',
  'fe80::1',
  'fe80::1%eth0',
  '[fe80::1%25eth0]',
  'febf::1',
  'fec0::1',
  'ff02::1',
  'ff0e::1',
])('[M1] %s is not of the public internet', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.each([
  '',
  'localhost',
  'example.com',
  '8.8.8',
  '8.8.8.8.8',
  '256.8.8.8',
  '8.8.8.0x8',
  '0177.0.0.1',
  ':',
  ':::',
  '1::2::3',
  '2606:4700',
  '2606:4700:4700:0:0:0:0:1111:1',
  '2606:4700:4700:0:0:0:0:1111::',
  '2606:4700::g',
  '2606:4700::12345',
  '2606:4700::8.8.8.256',
])('[M1] %j is no address, and so not a public one', (text) => {
  expect(isPublicAddress(text)).toBe(false)
})

test.each(['127.0.0.1', '8.8.8.8', '[::1]', '[2606:4700:4700::1111]'])('%s is a literal', (hostname) => {
  expect(isAddressLiteral(hostname)).toBe(true)
})

test.each(['example.com', '1.1.1.1.example.com', 'localhost', '256.1.1.1'])('%s is a name', (hostname) => {
  expect(isAddressLiteral(hostname)).toBe(false)
})

test.each([
  'localhost',
  'localhost.',
  'a.b.localhost',
  'printer.local',
  'local',
  'metadata.google.internal',
  'host.localdomain',
  'router.home.arpa',
  'intranet',
  'kubernetes.',
])('[M1] %s leads into a private network by its name', (hostname) => {
  expect(isPrivateName(hostname)).toBe(true)
})

test.each([
  'example.com',
  'example.com.',
  'localhost.example.com',
  'alice.notlocalhost',
  'alice.mylocal',
  'internal.example.com',
  'home.arpa.example.com',
])('[M1] %s does not', (hostname) => {
  expect(isPrivateName(hostname)).toBe(false)
})

/** Ways to write an address of a private network that a URL parser understands. */
test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['127.1', '127.0.0.1'],
  ['127.0.1', '127.0.0.1'],
  ['2130706433', '127.0.0.1'],
  ['0x7f000001', '127.0.0.1'],
  ['0X7F.0.0.1', '127.0.0.1'],
  ['0177.0.0.1', '127.0.0.1'],
  ['017700000001', '127.0.0.1'],
  ['127.0.0.1.', '127.0.0.1'],
  ['１２７.０.０.１', '127.0.0.1'],
  ['127。0。0。1', '127.0.0.1'],
  ['①②⑦.⓪.⓪.①', '127.0.0.1'],
  ['%31%32%37.0.0.1', '127.0.0.1'],
  ['0', '0.0.0.0'],
  ['0.0.0.0', '0.0.0.0'],
  ['0xa.0.0.1', '10.0.0.1'],
  ['012.1', '10.0.0.1'],
  ['0xA9FEA9FE', '169.254.169.254'],
  ['169.16689662', '169.254.169.254'],
  ['100.64.1', '100.64.0.1'],
  ['0xe0.0.0.1', '224.0.0.1'],
  ['user@127.0.0.1', '127.0.0.1'],
  ['example.com@10.0.0.1', '10.0.0.1'],
  ['example.com:443@10.0.0.1', '10.0.0.1'],
  ['[::1]', '[::1]'],
  ['[0:0:0:0:0:0:0:1]', '[::1]'],
  ['[::127.0.0.1]', '[::7f00:1]'],
  ['[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
  ['[0:0:0:0:0:FFFF:a9fe:a9fe]', '[::ffff:a9fe:a9fe]'],
  ['[64:ff9b::10.0.0.1]', '[64:ff9b::a00:1]'],
  ['[64:ff9b:1::8.8.8.8]', '[64:ff9b:1::808:808]'],
  ['[2002:7f00:1::]', '[2002:7f00:1::]'],
  ['[fc00::1]', '[fc00::1]'],
  ['[ff02::1]', '[ff02::1]'],
])('[M1] however it is written, %s is the literal of a private address', (written, hostname) => {
  const url = new URL(`https://${written}/`)
  expect(url.hostname).toBe(hostname)
  expect(isAddressLiteral(url.hostname)).toBe(true)
  expect(isPublicAddress(url.hostname)).toBe(false)
})

test.each([
  '[fe80::1%25eth0]',
  '[::1',
  '256.0.0.1',
  '127.0.0.0x100',
  '1.2.3.4.5',
  '[127.0.0.1]',
  '127.0.0.1:port',
])('[M1] %s is no host at all', (written) => {
  expect(URL.canParse(`https://${written}/`)).toBe(false)
})
