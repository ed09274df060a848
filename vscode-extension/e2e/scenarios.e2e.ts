/** What a user does, in real VS Code with the real server and the real model. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Session } from './session';

let session: Session;

beforeAll(async () => {
  session = await Session.start();
});

afterAll(() => session?.close());

describe('set-up', () => {
  it('installs the server and gets the model in one click', { timeout: 240_000 }, async () => {
    await session.status('not set up');
    await session.button('Set Up').click();
    await session.status('ready');
    await session.picture('ready');
  });
});

describe('completing', () => {
  it('shows ghost text, and Tab accepts it', async () => {
    await session.open('a.py', 'def add(a, b):\n    retur|');
    await session.type('n ');
    const text = await session.restingGhostText();
    await session.picture('ghost');
    console.log(JSON.stringify(text));
    await session.press('Tab');
    expect(await session.save('a.py')).toBe(`def add(a, b):\n    return ${text}`);
  });
});
