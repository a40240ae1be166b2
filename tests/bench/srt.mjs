// SPDX-License-Identifier: Apache-2.0
// srt.mjs - the two proxies of @anthropic-ai/sandbox-runtime without its sandbox, everything allowed.
// FOLDER-OF-THE-PACKAGE HTTP-PORT SOCKS-PORT

import { createServer } from "node:net";

const [folder, httpPort, socksPort] = process.argv.slice(2);
const part = (name) => import(`${folder}/dist/sandbox/${name}.js`);
const { createHttpProxyServer } = await part("http-proxy");
const { createSocksProxyServer } = await part("socks-proxy");
const filter = async () => true;

createHttpProxyServer({ filter }).listen(Number(httpPort), "127.0.0.1");
const socks = createSocksProxyServer({ filter });
createServer((client) => socks.handleConnection(client)).listen(Number(socksPort), "127.0.0.1");
