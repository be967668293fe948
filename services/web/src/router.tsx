import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

/** The address without host: the whole state that a link can carry. */
export const path = signal(location.pathname);

addEventListener('popstate', () => {
  path.value = location.pathname;
});

export function go(to: string): void {
  if (to === location.pathname) return;
  history.pushState(null, '', to);
  path.value = to;
  scrollTo(0, 0);
  // What changed is announced by reading the new heading.
  requestAnimationFrame(() => document.querySelector<HTMLElement>('main h1')?.focus());
}

/** A link inside the page; with a modifier key it opens a tab, as links do. */
export function Link(props: {
  to: string;
  class?: string;
  current?: boolean;
  label?: string;
  children: ComponentChildren;
}) {
  return (
    <a
      href={props.to}
      class={props.class}
      aria-current={props.current === true ? 'page' : undefined}
      aria-label={props.label}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        go(props.to);
      }}
    >
      {props.children}
    </a>
  );
}
