import { defineConfig } from 'vitest/config';

/** One session of the editor for all scenarios, which stand in one file for that. */
export default defineConfig({
  test: { include: ['e2e/scenarios.e2e.ts'], testTimeout: 300_000, hookTimeout: 240_000, bail: 1 },
});
