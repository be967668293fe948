import { ProblemError } from '@parse3d/client';
import { useState } from 'preact/hooks';
import { Mark, ProblemBox } from './components/parts.js';
import { useTitle } from './hooks.js';
import { isGuest, resume, signIn, whyOut } from './session.js';

/** Whoever came by a link that is over is told so: no key would help them. */
export const SignIn = () => (isGuest.value ? <LinkOver /> : <KeyForm />);

function LinkOver() {
  useTitle('Link');
  return (
    <div class="sign-in">
      <Mark size={64} />
      <h1 tabIndex={-1}>parse3d</h1>
      <ProblemBox error={whyOut.value} />
    </div>
  );
}

function KeyForm() {
  useTitle('Sign in');
  const [typed, setTyped] = useState('');
  const [problem, setProblem] = useState<unknown>();
  const [checking, setChecking] = useState(false);
  const check = async (): Promise<void> => {
    setChecking(true);
    setProblem(undefined);
    try {
      await signIn(typed);
    } catch (error) {
      setProblem(error);
      setChecking(false);
    }
  };
  const before = whyOut.value;
  const unreachable = before !== undefined && !(before instanceof ProblemError && before.status === 401);
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
        {before !== undefined && problem === undefined && (
          <ProblemBox error={before} onRetry={unreachable ? () => void resume() : undefined} />
        )}
        {problem !== undefined && <ProblemBox error={problem} />}
        <button type="submit" class="primary" disabled={checking || typed.trim() === ''}>
          {checking ? 'Checking…' : 'Sign in'}
        </button>
      </form>
      <p class="hint">
        <code>parse3d up</code> prints a link that signs in by itself; <code>parse3d key create</code> makes a key for
        somebody else. The page forgets the key at once and keeps a session, until you sign out.
      </p>
    </div>
  );
}
