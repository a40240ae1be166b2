-- SPDX-License-Identifier: Apache-2.0
-- hosts.lua - hosts that mislead, each with the row it stands for; every door must refuse them.
--
-- { name, host, host, … }. Pinned and allowed are what wire.lua says.

local hosts = {}

-- No host at all, in CONNECT, in a URL, as a Host field, as a name in SOCKS5.
hosts.malformed = {
  { "3A.5 empty labels", "good.test..", ".good.test", "good..test", ".", "..", "" },
  { "3A.7 NUL in the name", "evil.test\0.good.test", "\0good.test", "good.test\0", "\0" },
  { "3A.8 percent-encoding", "evil.test%00.good.test", "evil.test%2egood.test", "%65vil.test",
    "%67ood.test", "good.test%20" },
  { "3A.9 user name", "good.test@evil.test", "evil.test:443@good.test", "@good.test",
    "good.test:x@good.test" },
  { "3A.10 a byte that is no part of a name", "evil.test;.good.test", "evil.test,good.test",
    "evil.test|good.test", "evil.test\\.good.test", "evil.test#.good.test", "a\"b.good.test",
    "a'b.good.test", "a<b>.good.test", "a!b.good.test", "a+b.good.test", "a=b.good.test" },
  { "3A.10 TAB, SP, CR, LF", "evil.test\t.good.test", "evil.test .good.test",
    "evil.test\r.good.test", "evil.test\n.good.test", "evil.test\r\n.good.test" },
  { "3A.11 brackets around a name", "[good.test]", "[[::1]]", "[good.test", "good.test]", "[]",
    "[127.0.0.1]", "[::1]x", "x[::1]", "[::1", "::1" },
  { "3A.14 IPv4 written otherwise", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1",
    "127.0.0.1.", "00127.0.0.1", "127.0.0.01", "127.0.0.256", "127.0.0.0x1", "127.0.1", "1.2.3.4.5",
    "0", "good.test.1", "a.0x1" },
  { "3A.19 IPv6 with a zone", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[::1%lo]", "[::1%25]" },
  { "3A.20 dots of other scripts", "evil。test", "evil．test", "127｡0｡0｡1", "good。test" },
  { "3A.21 letters that look alike", "ｇood.test", "①27.0.0.1", "١٢٧.0.0.1", "good.test\u{212A}",
    "go\u{AD}od.test", "good\u{200B}.test", "\u{202E}tset.doog", "good.te\u{17F}t" },
  { "3A.21 no UTF-8 at all", "good\xff.test", "good\xc0\xae.test", "\x80", "good.test\xc3" },
  { "3A.23 too long", ("a"):rep(64) .. ".good.test", ("a."):rep(123) .. "good.test" },
  { "3A.24 a leading '-'", "-oProxyCommand=x.good.test", "-x.good.test", "a.-b.good.test",
    "a-.good.test" },
  { "3A.25 patterns", "*", "*.good.test", "**.good.test", "g*d.test", "?.good.test" },
}

-- No rule allows these.
hosts.denied = {
  { "3A.1 a name that is not listed", "evil.test", "EVIL.TEST", "evil.test." },
  { "3A.6 names that only look like a listed one", "xgood.test", "good.test.evil.test",
    "good-test", "test", "goodtest", "ood.test" },
  { "3A.1 a denied name below an allowed one", "denied.good.test", "DENIED.good.test.",
    "Denied.Good.Test" },
  { "3A.16 IPv6 forms of loopback", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]", "[::1]", "127.0.0.1" },
  { "3A.23 as long as it may be", ("a"):rep(63) .. "." .. ("b"):rep(63) .. "." .. ("c"):rep(63) ..
    "." .. ("d"):rep(51) .. ".evil.test" },
}

-- Addresses that are not public, as a list: a rule for every host does not open them.
hosts.special = {
  "0.0.0.0", "[::]", "127.0.0.1", "127.255.255.254", "[::1]", "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]",
  "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:1::1]", "[fe80::5efe:7f00:1]",
  "10.9.9.9", "169.254.169.254", "[fd00:ec2::254]", "100.64.0.1", "255.255.255.255",
}

return hosts
