import { beforeEach, expect, it, vi } from 'vitest';

/** Clients that were made, and what becomes of the next ones when they are started. */
const made: { die: () => void; started: boolean }[] = [];
const outcomes: (Error | undefined)[] = [];
const errors: string[] = [];

vi.mock('vscode', () => ({
  EventEmitter: class {
    event = () => {};
    fire = () => {};
    dispose = () => {};
  },
  window: {
    showErrorMessage: async (text: string) => {
      errors.push(text);
    },
    showWarningMessage: async () => {},
  },
}));

vi.mock('../src/settings', () => ({ settings: { growing: () => true } }));

vi.mock('../src/client', () => ({
  canGrow: () => true,
  makeClient: (
    _program: string,
    _grow: boolean,
    _log: unknown,
    _says: unknown,
    hear: { onDeath: () => void },
  ) => {
    const client = {
      die: hear.onDeath,
      started: false,
      isRunning: () => client.started,
      start: async () => {
        const failure = outcomes.shift();
        if (failure) throw failure;
        client.started = true;
      },
      dispose: async () => {},
    };
    made.push(client);
    return client;
  },
}));

const { Server } = await import('../src/server');

const log = { info: () => {}, warn: () => {}, error: () => {}, show: () => {} };
const messages = { serverEnded: () => {} };

function server(): InstanceType<typeof Server> {
  const find = async () => ({ program: '/bin/codex-lsp', from: 'PATH' as const });
  return new Server(find, log as never, messages as never);
}

beforeEach(() => {
  vi.useFakeTimers();
  for (const list of [made, outcomes, errors]) list.length = 0;
});

it('says that it could not be started, also after it was started again', async () => {
  const one = server();
  await one.restart();
  made[0]?.die();
  await vi.advanceTimersByTimeAsync(500);
  expect(made.length).toBe(2);
  expect(made[1]?.started).toBe(true);

  outcomes.push(new Error('no such file'));
  await one.restart();
  expect(one.state).toEqual({
    kind: 'stopped',
    message: '/bin/codex-lsp could not be started: no such file',
  });
  expect(errors).toEqual(['codex-lsp: /bin/codex-lsp could not be started: no such file']);
});
