// Which paths the console asks: GET only, of this address and below its prefix. Knows neither network nor document.

export const KNOWN = [
  "_cat/allocation?v", "_cat/health?v", "_cat/indices?v", "_cat/master?v", "_cat/nodes?v", "_cat/pending_tasks?v", "_cat/plugins?v",
  "_cat/recovery?v", "_cat/segments?v", "_cat/shards?v", "_cat/thread_pool?v", "_cluster/health?pretty", "_cluster/health?level=shards&pretty",
  "_cluster/pending_tasks?pretty", "_cluster/settings?pretty", "_cluster/state?pretty", "_cluster/stats?pretty", "_nodes?pretty", "_nodes/stats?pretty",
  "_recovery?active_only=true&pretty", "_search?pretty&size=10", "_segments?pretty", "_stats?pretty", "_template?pretty",
];

const ACTS = ["_optimize", "_flush", "_refresh"]; // and _cache/clear: 1.7 does them, whatever the method

// The path as it is to be asked for below the prefix, without a slash in front; throws an Error that says why not.
export function pathOf(typed) {
  const path = typed.trim().replace(/^GET\s+/i, "").replace(/^\/+/, "");
  if (/^[a-z][a-z0-9+.-]*:/i.test(path) || path.includes("\\")) {
    throw new Error("a path of this cluster is wanted, such as _cat/nodes?v");
  }
  if (/[\u0000-\u001f#]/.test(path)) {
    throw new Error("a path has no line breaks and no #");
  }
  const [before] = path.split("?");
  const parts = decoded(before).split(/[/\\]/).filter(Boolean);
  if (parts.some((part) => part === "." || part === "..")) {
    throw new Error("a path does not lead out of the cluster: no . and ..");
  }
  if (parts.some((part, place) => ACTS.includes(part) || (part === "_cache" && parts[place + 1] === "clear"))) {
    throw new Error("this changes something although it is asked with GET");
  }
  return path;
}

// As often as somebody may have encoded it: a proxy may decode once more than the browser.
function decoded(part, times = 3) {
  try {
    const plain = decodeURIComponent(part);
    return times > 0 && plain !== part ? decoded(plain, times - 1) : plain;
  } catch {
    throw new Error("a % is followed by two hexadecimal digits");
  }
}

const MOST = 200000; // characters shown

// What was answered, made readable, and cut where it is too long to be shown.
export function shown(text) {
  let told = text;
  try {
    told = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // not JSON: as it is
  }
  return told.length > MOST ? `${told.slice(0, MOST)}\n… and ${(told.length - MOST).toLocaleString("en")} more characters` : told;
}
