// What this page has seen, kept by the browser over a reload: the last moments (moment.js) of each cluster. Where the
// browser keeps nothing (a private window, storage switched off), the page remembers until it is closed.

export const MOST = 500; // moments of one cluster
const KEPT = 7 * 86400000; // milliseconds
const STORE = "moments";

export const isRecent = ({ until }, now) => until > now - KEPT;

// Returns { moments, put, drop }: the kept ones in order of time, how to keep another one, or the last one with a later
// end, and how to forget some.
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
    put: (moment) => change((store) => store.put({ cluster, ...moment })),
    drop: (gone) => change((store) => gone.forEach(({ at }) => store.delete([cluster, at]))),
  };

  function change(act) {
    try {
      database && act(database.transaction(STORE, "readwrite").objectStore(STORE));
    } catch {
      database = null; // another tab removed it, or the disk is full: what is seen from now on is not kept
    }
  }
}

function opened() {
  const request = indexedDB.open("marvel", 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ["cluster", "at"] });
  return done(request);
}

// Of those that other visits kept the oldest are dropped here.
async function kept(database, cluster, now) {
  const store = database.transaction(STORE, "readwrite").objectStore(STORE);
  const all = await done(store.getAll(IDBKeyRange.bound([cluster, 0], [cluster, Infinity])));
  const fresh = all.filter((moment) => isRecent(moment, now)).slice(-MOST);
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
