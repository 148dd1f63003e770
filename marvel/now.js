// The cluster's clock. Elasticsearch tells times by the clocks of its machines, and the browser's may differ: ages and
// countdowns are wrong by the difference, so it is measured with each answer that carries a time.

let ahead = null; // milliseconds by which the cluster's clock is ahead of the browser's; null while nobody knows

const SLOW = 1000; // milliseconds that an answer may take to be better than what is known

// told: the time in an answer; asked: when it was asked for, by the browser's clock. Good to half the time it took, its
// wait for a turn included (api.js).
export function learn(told, asked) {
  if (ahead === null || Date.now() - asked < SLOW) {
    ahead = told - (asked + Date.now()) / 2;
  }
}

export const now = () => Date.now() + (ahead ?? 0);

export const isLearned = () => ahead !== null;
