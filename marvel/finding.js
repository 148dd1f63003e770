// What a check finds: how bad it is, what is, and what to do about it.

export const good = (text) => ({ severity: "good", text });
export const warn = (text, todo) => ({ severity: "warn", text, todo });
export const bad = (text, todo) => ({ severity: "bad", text, todo });
export const unknown = (text) => ({ severity: "unknown", text });
