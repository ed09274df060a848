import { beforeEach, expect, it, vi } from 'vitest';

/** Clients that were made, and what becomes of the next ones when they are started. */
const made: { die: () => void; started: boolean; disposed: boolean }[] = [];
const outcomes: (Error | 'never' | undefined)[] = [];
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
      disposed: false,
      isRunning: () => client.started,
      start: async () => {
        const failure = outcomes.shift();
        if (failure === 'never') await new Promise(() => {});
        if (failure) throw failure;
        client.started = true;
      },
      dispose: async () => {
        client.disposed = true;
      },
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

it('ends a server that does not answer, and can be started again', async () => {
  outcomes.push('never');
  const one = server();
  const first = one.restart();
  const second = one.restart();
  await vi.advanceTimersByTimeAsync(59_000);
  expect(one.state.kind).toBe('starting');
  await vi.advanceTimersByTimeAsync(1_000);
  await first;
  expect(errors).toEqual([
    'codex-lsp: /bin/codex-lsp could not be started: it has not answered for 60 seconds',
  ]);
  expect(made[0]?.disposed).toBe(true);
  await second;
  expect(made[1]?.started).toBe(true);
  expect(one.client).toBe(made[1]);
});
