import { BatchesPage } from './batches/list.js';
import { BatchPage } from './batches/page.js';
import { ComparePage } from './compare/page.js';
import { Empty, Mark, Skeleton } from './components/parts.js';
import { JobsPage } from './jobs/page.js';
import { LookPage } from './look/page.js';
import { Link, path } from './router.js';
import { SegmentPage } from './segment/page.js';
import { isGuest, sharedJob, signedIn, signOut, standing } from './session.js';
import { SignIn } from './sign-in.js';
import { StatusPage } from './status/page.js';
import { theme, toggleTheme } from './theme.js';

const places = [
  { to: '/', name: 'Segment' },
  { to: '/jobs', name: 'Jobs' },
  { to: '/batches', name: 'Batches' },
  { to: '/status', name: 'Status' },
] as const;

export function App() {
  const here = path.value;
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        {isGuest.value ? (
          <span class="brand">
            <Mark size={20} />
            <span>parse3d</span>
          </span>
        ) : (
          <Link to="/" class="brand" label="parse3d, start">
            <Mark size={20} />
            <span>parse3d</span>
          </Link>
        )}
        {signedIn.value && !isGuest.value && (
          <nav aria-label="Main">
            {places.map(({ to, name }) => (
              <Link key={to} to={to} current={to === '/' ? here === '/' : here.startsWith(to)}>
                {name}
              </Link>
            ))}
          </nav>
        )}
        <div class="top-end">
          <a href="/docs" class="wide-only">
            API
          </a>
          <button type="button" class="small" onClick={toggleTheme}>
            {theme.value === 'dark' ? 'Light' : 'Dark'}
            <span class="visually-hidden"> theme</span>
          </button>
          {signedIn.value && !isGuest.value && (
            <button type="button" class="small" onClick={() => void signOut()}>
              Sign out
            </button>
          )}
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <Main path={here} />
      </main>
      <footer class="notice">
        <strong>For research use only:</strong> not a medical device, not for diagnosis or treatment. Inputs must hold
        no patient identifiers.
      </footer>
    </>
  );
}

function Main({ path: here }: { path: string }) {
  if (standing.value === 'asking') {
    return (
      <div class="page">
        <h1 class="visually-hidden" tabIndex={-1}>
          parse3d
        </h1>
        <Skeleton what="the session" />
      </div>
    );
  }
  if (!signedIn.value) return <SignIn />;
  return sharedJob.value === undefined ? <Page path={here} /> : <LookPage id={sharedJob.value} />;
}

function Page({ path: here }: { path: string }) {
  const [, section, id, other] = here.split('/');
  if (section === '' || section === undefined) return <SegmentPage />;
  if (section === 'jobs') return id === undefined || id === '' ? <JobsPage /> : <LookPage key={id} id={id} />;
  if (section === 'compare' && id !== undefined && other !== undefined)
    return <ComparePage key={here} first={id} second={other} />;
  if (section === 'batches') return id === undefined || id === '' ? <BatchesPage /> : <BatchPage key={id} id={id} />;
  if (section === 'status') return <StatusPage />;
  return (
    <div class="page">
      <h1 class="visually-hidden" tabIndex={-1}>
        Not found
      </h1>
      <Empty title="Page not found">
        <p>
          <code>{here}</code> names nothing of parse3d.
        </p>
        <p>
          <Link to="/">Segment a volume</Link> · <Link to="/jobs">Jobs</Link> · <Link to="/batches">Batches</Link>
        </p>
      </Empty>
    </div>
  );
}
