import { useId, useState } from 'preact/hooks';
import { CopyButton } from './parts.js';
import type { Recipe } from './recipe-text.js';

/** The same request in other hands: tabs with a text each. */
export function Snippets({ recipes }: { recipes: readonly Recipe[] }) {
  const [chosen, setChosen] = useState(recipes[0]?.id);
  const id = useId();
  const recipe = recipes.find((candidate) => candidate.id === chosen) ?? recipes[0];
  if (recipe === undefined) return null;
  const move = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = recipes[(recipes.indexOf(recipe) + by + recipes.length) % recipes.length];
    if (by === 0 || next === undefined) return;
    setChosen(next.id);
    document.getElementById(`${id}-${next.id}`)?.focus();
  };
  return (
    <div class="snippets">
      <div class="tabs">
        <div role="tablist" aria-label="The same from elsewhere" onKeyDown={move}>
          {recipes.map(({ id: name, title }) => (
            <button
              type="button"
              role="tab"
              key={name}
              id={`${id}-${name}`}
              aria-selected={name === recipe.id}
              aria-controls={`${id}-text`}
              tabIndex={name === recipe.id ? 0 : -1}
              onClick={() => setChosen(name)}
            >
              {title}
            </button>
          ))}
        </div>
        <CopyButton key={recipe.id} text={recipe.text} what={`the ${recipe.title} text`} />
      </div>
      <pre id={`${id}-text`} role="tabpanel" aria-labelledby={`${id}-${recipe.id}`} tabIndex={0}>
        <code>{recipe.text}</code>
      </pre>
    </div>
  );
}
