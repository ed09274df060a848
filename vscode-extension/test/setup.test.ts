import { beforeEach, expect, it, vi } from 'vitest';

const told: string[] = [];
const commands: string[][] = [];
const setting = { serverPath: '' };
/** What cancels the progress that is shown last. */
let cancel = () => {};
/** What a program does when it is run. */
let program: (signal?: AbortSignal) => Promise<string> = async () => '';

vi.mock('vscode', () => ({
  ProgressLocation: { Notification: 15 },
  Uri: { joinPath: (_base: unknown, name: string) => ({ fsPath: `/storage/${name}` }) },
  commands: { executeCommand: async () => {} },
  extensions: { getExtension: () => undefined },
  window: {
    showErrorMessage: async (text: string) => {
      told.push(text);
    },
    showInformationMessage: async (text: string) => {
      told.push(text);
    },
    withProgress: (_options: unknown, run: (progress: unknown, token: unknown) => unknown) =>
      run(
        { report: () => {} },
        {
          onCancellationRequested: (call: () => void) => {
            cancel = call;
          },
        },
      ),
  },
}));

vi.mock('../src/settings', () => ({
  settings: {
    serverPath: () => setting.serverPath,
    pythonPath: () => '',
    package: () => 'codex-lsp',
    model: () => '',
  },
}));

/** Programs that are there. */
const present = new Set<string>();

vi.mock('node:fs/promises', async (original) => ({
  ...(await original<object>()),
  access: async (path: string) => {
    if (!present.has(path)) throw new Error(`no ${path}`);
  },
}));

vi.mock('../src/processes', async (original) => ({
  ...(await original<object>()),
  run: (name: string, args: string[], options: { signal?: AbortSignal } = {}) => {
    commands.push([name, ...args]);
    return program(options.signal);
  },
}));

const { Setup } = await import('../src/setup');
const { pullModel, switchModel } = await import('../src/models');

const log = { info: () => {}, warn: () => {}, error: () => {} } as never;
const states: unknown[] = [];
let restarts = 0;
const server = {
  found: { program: '/bin/codex-lsp', from: 'PATH' } as object | undefined,
  stop: async () => {},
  say: (state: unknown) => states.push(state),
  restart: async () => {
    restarts += 1;
  },
};

beforeEach(() => {
  for (const list of [told, commands, states]) list.length = 0;
  present.clear();
  restarts = 0;
  setting.serverPath = '';
  server.found = { program: '/bin/codex-lsp', from: 'PATH' };
});

it('installs nothing that a wrong setting would hide', async () => {
  server.found = undefined;
  setting.serverPath = '/wrong/codex-lsp';
  program = async () => {
    throw new Error('no such file');
  };
  const shown: string[] = [];
  const messages = { show: (_kind: string, text: string) => shown.push(text), consented: false };
  const setup = new Setup({} as never, log, messages as never);
  await setup.offer(server as never);
  expect(told).toEqual([]);

  await setup.setUp(server as never);
  const sentence = 'The set-up failed: /wrong/codex-lsp cannot be run; correct or empty codexLsp.serverPath.';
  expect(told).toEqual([`codex-lsp: ${sentence}`]);
  expect(states).toEqual([{ kind: 'missing', message: sentence }]);
  expect(commands).toEqual([['/wrong/codex-lsp', '--version']]);
  expect(messages.consented).toBe(false);
});

/** A Python that can make environments, an index that has the package, and no server anywhere. */
function installing(made: () => Promise<void>): void {
  program = async () => {
    const [name, ...args] = commands.at(-1) ?? [];
    if (args[0] === '-c') return '3 12\n';
    if (args[1] === 'venv') await made();
    return name?.endsWith('codex-lsp') ? 'codex-lsp 0.1.0\n' : '';
  };
}

it('sets up once at a time', async () => {
  let goOn = () => {};
  installing(
    () =>
      new Promise((resolve) => {
        goOn = resolve;
      }),
  );
  const messages = { show: () => {}, consented: false };
  const setup = new Setup({} as never, log, messages as never);
  const first = setup.setUp(server as never);
  await vi.waitUntil(() => commands.some((each) => each.includes('venv')));
  const second = setup.setUp(server as never);
  goOn();
  await Promise.all([first, second]);
  expect(commands.filter((each) => each.includes('venv')).length).toBe(1);
  expect(commands.filter((each) => each.includes('pip')).length).toBe(1);
  expect(restarts).toBe(1);

  // What failed is told once, and the set-up can be asked for again.
  server.found = undefined;
  installing(async () => {
    throw new Error('no room');
  });
  await Promise.all([setup.setUp(server as never), setup.setUp(server as never)]);
  expect(told).toEqual(['codex-lsp: The set-up failed: pip has failed: it said nothing']);
  expect(messages.consented).toBe(false);
  expect(states.at(-1)).toEqual({
    kind: 'missing',
    message: 'The set-up failed: pip has failed: it said nothing',
  });
  installing(async () => {});
  await setup.setUp(server as never);
  expect(restarts).toBe(3);
});

it('brings its own environment up to date, and leaves that of others alone', async () => {
  const own = '/storage/environment/bin/codex-lsp';
  present.add(own);
  installing(async () => {});
  const shown: string[] = [];
  const messages = { show: (_kind: string, text: string) => shown.push(text), consented: false };
  const setup = new Setup({} as never, log, messages as never);
  await setup.setUp(server as never);
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--progress-bar=off'];
  expect(commands).toEqual([
    [own, '--version'],
    ['/storage/environment/bin/python', ...pip, '--upgrade', 'codex-lsp'],
  ]);
  expect(states).toEqual([{ kind: 'setting-up', message: 'Setting up: updating the server.' }]);
  expect(restarts).toBe(1);
  expect(shown).toEqual([]);

  setting.serverPath = '/elsewhere/codex-lsp';
  await setup.setUp(server as never);
  expect(shown).toEqual(['codex-lsp: It is installed already (/elsewhere/codex-lsp), and is started anew.']);
  expect(restarts).toBe(2);
});

it('goes on with the server that is there when it cannot be updated', async () => {
  present.add('/storage/environment/bin/codex-lsp');
  program = async () => {
    if (commands.at(-1)?.includes('pip')) throw new Error('no network');
    return 'codex-lsp 0.1.0\n';
  };
  const messages = { show: () => {}, consented: false };
  const setup = new Setup({} as never, log, messages as never);
  await setup.setUp(server as never);
  expect(told).toEqual(['codex-lsp: The set-up failed: pip has failed: it said nothing']);
  expect(states).toEqual([{ kind: 'setting-up', message: 'Setting up: updating the server.' }]);
  expect(restarts).toBe(1);
  expect(messages.consented).toBe(false);
});

it('takes no other program for the server', async () => {
  setting.serverPath = '/usr/bin/python3';
  program = async () => 'Python 3.12.1\n';
  const shown: string[] = [];
  const messages = { show: (_kind: string, text: string) => shown.push(text) };
  const setup = new Setup({} as never, log, messages as never);
  expect(await setup.find()).toBeUndefined();
  expect(shown).toEqual([
    'codex-lsp: /usr/bin/python3 cannot be run: it is another program, Python 3.12.1 (codexLsp.serverPath).',
  ]);
  program = async () => 'codex-lsp 0.1.0\n';
  expect(await setup.find()).toEqual({ program: '/usr/bin/python3', from: 'setting' });
});

it('says nothing when getting a model is called off, and leaves the server as it is', async () => {
  program = (signal) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('The operation was aborted')));
    });
  const pulling = pullModel(server as never, log, 'small');
  cancel();
  await pulling;
  expect(commands).toEqual([['/bin/codex-lsp', 'models', 'pull', 'small']]);
  expect(restarts).toBe(0);
  program = async () => '';
  await pullModel(server as never, log, undefined);
  expect(restarts).toBe(1);
});

it('says what is lacking where there is no server to ask about models', async () => {
  const none = { ...server, found: undefined } as never;
  const sentence = 'The server is not installed; run the command “codex-lsp: Set Up”.';
  await expect(switchModel(none)).rejects.toThrow(sentence);
  await expect(pullModel(none, log, undefined)).rejects.toThrow(sentence);
});
