import { pick, useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react';

import { EXAMPLES, type Example } from './index.ts';

/** The panel that brings an example back after its tab was closed or changed. */
export function examplesPlugin(): GraphiQLPlugin {
  return { title: 'Examples', icon: ExamplesIcon, content: ExamplesPanel };
}

function ExamplesPanel() {
  const open = useOpenExample();
  return (
    <section className="panel" aria-label="Examples">
      <h2 className="panel-title">Examples</h2>
      <p className="panel-hint">Each one opens in its own tab, as it was written.</p>
      <ul className="examples">
        {EXAMPLES.map((example) => (
          <li key={example.operation}>
            <button type="button" className="example" onClick={() => open(example)}>
              <strong>{example.title}</strong>
              <span>{example.description}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function useOpenExample(): (example: Example) => void {
  const { tabs, queryEditor } = useGraphiQL(pick('tabs', 'queryEditor'));
  const { addTab, changeTab } = useGraphiQLActions();
  return ({ query }) => {
    const unchanged = tabs.findIndex((tab) => tab.query === query);
    if (unchanged >= 0) {
      changeTab(unchanged);
      return;
    }
    addTab();
    queryEditor?.setValue(query);
  };
}

function ExamplesIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round">
      <path d="M4 5.5h16M4 12h10M4 18.5h7" strokeLinecap="round" />
      <path d="m16 13.5 5 3.5-5 3.5z" />
    </svg>
  );
}
