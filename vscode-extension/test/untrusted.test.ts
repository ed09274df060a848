import { expect, it, vi } from 'vitest';

const set: Record<string, unknown> = {};
const workspace = { isTrusted: true, getConfiguration: () => section };
const section = {
  get: (name: string, other: unknown) => set[name] ?? other,
  inspect: () => ({ defaultValue: 'default' }),
  toJSON: () => set,
};

vi.mock('vscode', () => ({ workspace }));

const { serverSettings } = await import('../src/settings');

it('has the server read no files of a folder that is not trusted', () => {
  Object.assign(set, { recall: 'project', snippets: 'all' });
  expect(serverSettings()).toEqual({ enable: true, recall: 'project', snippets: 'all' });
  workspace.isTrusted = false;
  expect(serverSettings()).toEqual({ enable: true, recall: 'file', snippets: 'off' });
  set.recall = 'off';
  set.snippets = 'default';
  expect(serverSettings()).toEqual({ enable: true, recall: 'off' });
});
