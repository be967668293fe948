import { ProblemError } from '@parse3d/client';
import { useState } from 'preact/hooks';
import { serverFor } from './api/server.js';
import { Mark, ProblemBox } from './components/parts.js';
import { useTitle } from './hooks.js';
import { apiKey, keyProblem, signIn } from './session.js';

export function SignIn() {
  useTitle('Sign in');
  const [typed, setTyped] = useState('');
  const [problem, setProblem] = useState<unknown>();
  const [checking, setChecking] = useState(false);
  const check = async (): Promise<void> => {
    setChecking(true);
    setProblem(undefined);
    // The key is tried before it is kept, so that a wrong one never shows an empty page.
    apiKey.value = undefined;
    try {
      await serverFor(typed.trim()).jobs.list({ limit: 1 });
      signIn(typed);
    } catch (error) {
      const unknown = error instanceof ProblemError && error.status === 401;
      setProblem(
        unknown
          ? new ProblemError({
              status: 401,
              code: 'unauthorized',
              title: 'The server does not know this key',
              detail: 'It may be mistyped, revoked or expired.',
            })
          : error,
      );
    } finally {
      setChecking(false);
    }
  };
  return (
    <div class="sign-in">
      <Mark size={64} />
      <h1 tabIndex={-1}>parse3d</h1>
      <p>Name what to find in a scan; get it back as a mask on the same grid.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void check();
        }}
      >
        <label class="field">
          <span>API key</span>
          <input
            type="password"
            autocomplete="off"
            placeholder="p3d_…"
            value={typed}
            required
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        {keyProblem.value !== undefined && problem === undefined && (
          <p class="stale" role="status">
            {keyProblem.value}
          </p>
        )}
        {problem !== undefined && <ProblemBox error={problem} />}
        <button type="submit" class="primary" disabled={checking || typed.trim() === ''}>
          {checking ? 'Checking…' : 'Sign in'}
        </button>
      </form>
      <p class="hint">
        <code>parse3d up</code> prints a link that signs in by itself; <code>parse3d key create</code> makes a key for
        somebody else. The key stays in this tab.
      </p>
    </div>
  );
}
