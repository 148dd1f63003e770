// The cluster's clock. Elasticsearch tells times by the clocks of its machines, and the browser's may differ: ages and
// countdowns are wrong by the difference, so it is measured with each answer that carries a time.

let ahead = null; // milliseconds by which the cluster's clock is ahead of the browser's; null while nobody knows

// told: the time in an answer; asked: when it was asked for, by the browser's clock. Good to half the time it took.
export function learn(told, asked) {
  ahead = told - (asked + Date.now()) / 2;
}

export const now = () => Date.now() + (ahead ?? 0);

export const isLearned = () => ahead !== null;
