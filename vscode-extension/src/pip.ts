/** Why an environment could not be made: one sentence that names the cause and what mends it. */

const CANNOT_REACH =
  /NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|Temporary failure in name resolution/;
const CHOOSE_PACKAGE = 'name a wheel or a clone of the repository in codexLsp.package';

/** Whether pip takes a requirement as a path. */
export function isPath(requirement: string): boolean {
  return !requirement.includes('://') && (/[/\\]/.test(requirement) || requirement.endsWith('.whl'));
}

export function noSuchPath(requirement: string): string {
  return `There is no ${requirement}; ${CHOOSE_PACKAGE}.`;
}

/**
 * @param requirement what was to be installed
 * @param lines all that venv and pip have said
 */
export function whyItFailed(requirement: string, lines: readonly string[]): string {
  const said = lines.join('\n');
  if (/ensurepip is not available/.test(said)) {
    return 'This Python cannot make environments; install its venv package (python3-venv on Debian and Ubuntu), or name another Python in codexLsp.pythonPath.';
  }
  if (CANNOT_REACH.test(said)) {
    return 'pip cannot reach the package index; connect to the network, or tell pip of your proxy, and try again.';
  }
  if (/No space left on device/.test(said)) {
    return 'The disk is full; make room for some 400 MB, and try again.';
  }
  const missing = /No matching distribution found for ([^\s(]+)/.exec(said)?.[1];
  if (missing && requirement.startsWith(missing)) {
    return `pip finds no package ${requirement}; ${CHOOSE_PACKAGE}.`;
  }
  if (missing) {
    return `pip finds no package ${missing} for this Python; name another one (3.10 to 3.13) in codexLsp.pythonPath.`;
  }
  const error =
    [...lines].reverse().find((line) => /^\s*error\b/i.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  return `pip has failed: ${error.replace(/^\s*error:\s*/i, '').trim()}`;
}
