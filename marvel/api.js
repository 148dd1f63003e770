// Asks Elasticsearch. Only GET, every answer has a deadline, and every failure says in words what happened.

const BASE = "../../"; // relative to the page, so that a proxy may serve it all below a path
const DEADLINE = 3000; // milliseconds

// How many requests run at once, lane by lane: six in all, as many as a browser opens to one address. Frozen nodes can
// fill the lane of the questions to nodes, a frozen master the lane of the rest; what this node knows itself stays free.
const LANES = { local: 2, nodes: 2, rest: 2 };

const running = { local: 0, nodes: 0, rest: 0 };
const waiting = { local: [], nodes: [], rest: [] };

// What a panel asks with: get(path) for JSON, text(path) for text, search(indices, type, query, size) for documents. `path` has no slash in front: "_cluster/health".
// The deadline (milliseconds) runs from when the request is sent, not while it waits for its turn.
export function asker(lane, signal) {
  const asked = (read) => (path, { deadline = DEADLINE } = {}) => inTurn(lane, () => fetched(path, read, signal, deadline));
  const get = asked((reply) => reply.json());
  return { get, text: asked((reply) => reply.text()), search: (...wanted) => search(get, ...wanted) };
}

// {hits, total}: the newest documents of a type in these indices. Asked as one of several searches, because a search that
// fails is then told in the answer: a state that is a second old may name copies that are gone, and a refusal by HTTP
// would be a complaint in the browser's console.
async function search(get, indices, type, query, size) {
  const lines = [
    { index: indices, type, ignore_unavailable: true },
    { query: { query_string: { query } }, sort: [{ "@timestamp": "desc" }], size },
  ];
  const source = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const { responses: [reply] } = await get(`_msearch?source=${encodeURIComponent(source)}`);
  if (!reply.hits) {
    throw new Error("no copy of it answers");
  }
  return { hits: reply.hits.hits, total: reply.hits.total };
}

async function inTurn(lane, ask) {
  if (running[lane] >= LANES[lane]) {
    await new Promise((go) => { waiting[lane].push(go); });
  }
  running[lane] += 1;
  try {
    return await ask();
  } finally {
    running[lane] -= 1;
    waiting[lane].shift()?.();
  }
}

async function fetched(path, read, signal, deadline) {
  signal.throwIfAborted();
  const late = AbortSignal.timeout(deadline);
  try {
    const reply = await fetch(BASE + path, { signal: AbortSignal.any([signal, late]), cache: "no-store" });
    if (!reply.ok) {
      throw new Error(`it answered HTTP ${reply.status}`);
    }
    return await read(reply);
  } catch (failure) {
    throw new Error(inWords(failure, late.aborted, deadline));
  }
}

function inWords(failure, isLate, deadline) {
  if (isLate) {
    return `no answer within ${deadline / 1000} s`;
  }
  if (failure instanceof TypeError) {
    return "no connection";
  }
  return failure instanceof SyntaxError ? "it answered something that is not JSON" : failure.message;
}
