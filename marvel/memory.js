// What this page has seen, kept by the browser over a reload: the last moments (moment.js) of each cluster. Where the
// browser keeps nothing (a private window, storage switched off), the page remembers until it is closed.

const MOST = 500; // moments of one cluster
const DAYS = 7;
const STORE = "moments";

// Returns { moments, put }: the kept ones in order of time, and how to keep another one, or the last one with a later end.
export async function memoryOf(cluster, now) {
  let database = null;
  let moments = [];
  try {
    database = await opened();
    moments = await kept(database, cluster, now);
  } catch {
    database = null;
  }
  return {
    moments,
    isKept: database !== null,
    put(moment) {
      try {
        database?.transaction(STORE, "readwrite").objectStore(STORE).put({ cluster, ...moment });
      } catch {
        database = null; // another tab removed it, or the disk is full: what is seen from now on is not kept
      }
    },
  };
}

function opened() {
  const request = indexedDB.open("marvel", 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ["cluster", "at"] });
  return done(request);
}

// The oldest are dropped here: once a visit is often enough.
async function kept(database, cluster, now) {
  const store = database.transaction(STORE, "readwrite").objectStore(STORE);
  const all = await done(store.getAll(IDBKeyRange.bound([cluster, 0], [cluster, Infinity])));
  const fresh = all.filter(({ at }) => at > now - DAYS * 86400000).slice(-MOST);
  all.filter((moment) => !fresh.includes(moment)).forEach(({ at }) => store.delete([cluster, at]));
  return fresh;
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}
