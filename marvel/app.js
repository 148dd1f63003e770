// Asks every two seconds and shows what came; each part of the page has its own requests and its own failures.

import * as api from "./api.js";
import { setLead, setNote, setText } from "./dom.js";
import { clusterOf } from "./model.js";
import { showNodes } from "./nodes.js";
import { showShards } from "./shards.js";
import { verdictOf } from "./verdict.js";
import { clock } from "./words.js";

const EVERY = 2000; // milliseconds
const AT_ONCE = 3; // requests for nodes' figures; a browser opens six connections, and frozen nodes must not take them all

const page = document.documentElement;
const at = (id) => document.getElementById(id);

const known = { cluster: null, seen: null, problem: null, delayed: 0, healthProblem: null, answers: {} };
const asked = new Set(); // parts and nodes whose answer is awaited
const queue = []; // nodes whose figures are due
let paused = false;
let timer = null;

function round() {
  timer = setTimeout(round, EVERY);
  page.dataset.rounds = Number(page.dataset.rounds) + 1;
  once("state", askState);
  once("health", askHealth);
}

// Never twice at a time: a slow answer delays its own part only, and requests do not pile up on a sick cluster.
async function once(part, ask) {
  if (!asked.has(part)) {
    asked.add(part);
    await ask();
    asked.delete(part);
    show();
  }
}

async function askState() {
  try {
    const cluster = clusterOf(await api.state());
    Object.assign(known, { cluster, seen: new Date(), problem: null });
    forget(cluster);
    queue.push(...cluster.nodes.map(({ id }) => id).filter((id) => !asked.has(id) && !queue.includes(id)));
    askNodes();
  } catch (failure) {
    known.problem = failure.message;
  }
}

async function askHealth() {
  try {
    const health = await api.health();
    Object.assign(known, { delayed: health.delayed_unassigned_shards ?? 0, healthProblem: null });
  } catch (failure) {
    Object.assign(known, { delayed: 0, healthProblem: failure.message });
  }
}

function askNodes() {
  const running = [...asked].filter((part) => part !== "state" && part !== "health").length;
  for (const id of queue.splice(0, Math.max(0, AT_ONCE - running))) {
    once(id, () => askNode(id)).then(askNodes);
  }
}

async function askNode(id) {
  try {
    known.answers[id] = { stats: await api.stats(id) };
  } catch (failure) {
    known.answers[id] = { problem: failure.message };
  }
}

function forget({ nodes }) {
  const members = new Set(nodes.map(({ id }) => id));
  Object.keys(known.answers).filter((id) => !members.has(id)).forEach((id) => delete known.answers[id]);
}

function show() {
  const { cluster, problem, seen } = known;
  if (cluster === null && problem === null) {
    return;
  }
  const answers = Object.fromEntries(Object.entries(known.answers).map(([id, answer]) => [id, answer.problem === undefined]));
  const verdict = verdictOf({ ...known, answers });
  page.dataset.state = verdict.state;
  setLead(at("verdict"), verdict.text);
  setNote(at("verdict-note"), known.healthProblem && problem === null ? `cluster health: ${known.healthProblem}` : null);
  if (cluster !== null) {
    document.title = `${verdict.state.replace("-", " ")} · ${cluster.name}`;
    setText(at("cluster"), cluster.name);
    setText(at("updated"), `as of ${clock(seen)}`);
    showNodes(at("nodes").tBodies[0], cluster, known.answers);
    showShards(at("shards"), cluster);
    const stale = verdict.state === "unreachable" || verdict.state === "no-master";
    const note = verdict.state === "no-master" ? "What this node knew last; it may be out of date." : `From ${clock(seen)}; not updated since.`;
    ["nodes-note", "shards-note"].forEach((id) => setNote(at(id), stale ? note : null));
  }
}

// Runs unless paused or out of sight.
function run() {
  clearTimeout(timer);
  page.dataset.paused = paused;
  setText(at("pause"), paused ? "Resume" : "Pause");
  if (!paused && !document.hidden) {
    round();
  }
}

at("pause").addEventListener("click", () => {
  paused = !paused;
  run();
});
document.addEventListener("visibilitychange", run);
run();
