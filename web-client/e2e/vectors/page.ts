// The tests of the core that read golden vectors, run in a page: the very ones that Node runs.

import { startTests, type Task, type VitestRunner } from "@vitest/runner";

const FILES = import.meta.glob([
  "../../src/core/apply.test.ts",
  "../../src/core/channel/channel.test.ts",
  "../../src/core/wire/wire.test.ts",
]);

/** How many passed, and what the others said. */
export interface Verdict {
  readonly passed: number;
  readonly failed: readonly string[];
}

declare global {
  interface Window {
    verdict?: Verdict;
  }
}

const runner: VitestRunner = {
  config: {
    root: "/",
    setupFiles: [],
    name: undefined,
    passWithNoTests: false,
    testNamePattern: undefined,
    allowOnly: false,
    sequence: { seed: 0, hooks: "stack", setupFiles: "list" },
    chaiConfig: undefined,
    maxConcurrency: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    includeTaskLocation: false,
    tags: [],
    tagsFilter: undefined,
    strictTags: false,
  },
  importFile: (path) => FILES[path]?.(),
};

function leaves(task: Task): Task[] {
  return "tasks" in task
    ? [...(task.result?.errors ? [task] : []), ...task.tasks.flatMap(leaves)]
    : [task];
}

const files = await startTests(Object.keys(FILES), runner);
const all = files.flatMap(leaves);
const passed = all.filter(({ result }) => result?.state === "pass");
const failed = all.filter((task) => !passed.includes(task));
window.verdict = {
  passed: passed.length,
  failed: failed.map(({ name, result }) => `${name}: ${result?.errors?.[0]?.message}`),
};
