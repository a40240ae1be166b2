// SPDX-License-Identifier: Apache-2.0
// agent.mjs - does what coding agents do, without a mind of its own: asks a model, executes the
// commands that it answers with, and keeps the session below the home folder.
//
//     agent.mjs URL       prints "STATUS COMMAND" for each, and the model's last words
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

const [url] = process.argv.slice(2);
const home = process.env.HOME;
const settings = JSON.parse(readFileSync(`${home}/.claude.json`, "utf8"));
const session = `${home}/.claude/projects`;
const messages = [{ role: "user", content: `go on, ${settings.user}` }];

const ask = async () => {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": "none" },
    body: JSON.stringify({ model: "any", max_tokens: 100, messages }),
  });
  if (!answer.ok) throw new Error(`the model answers ${answer.status}`);
  return answer.json();
};

const execute = ({ id, input: { command } }) => {
  const done = spawnSync("bash", ["-c", command], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  console.log(done.status, command);
  return { type: "tool_result", tool_use_id: id, content: done.stdout + done.stderr };
};

mkdirSync(session, { recursive: true });
writeFileSync(`${session}/session.jsonl`, "");
for (;;) {
  const { content } = await ask();
  messages.push({ role: "assistant", content });
  const uses = content.filter((part) => part.type === "tool_use");
  if (uses.length === 0) {
    console.log(content[0].text);
    break;
  }
  messages.push({ role: "user", content: uses.map(execute) });
  appendFileSync(`${session}/session.jsonl`, JSON.stringify(messages.at(-1)) + "\n");
}
// what agents tell others about it, if they can
await fetch("https://statsig.anthropic.com/v1/rgstr", { method: "POST", body: "{}" }).catch(() => 0);
process.exit(0);
