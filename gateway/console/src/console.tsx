import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import type { Fetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { useState } from 'react';

import { Brand } from './brand.tsx';
import { EXAMPLES } from './examples/index.ts';
import { examplesPlugin } from './examples/panel.tsx';
import type { ExplainSwitch } from './explain.ts';
import { planPlugin } from './plan/plugin.tsx';

interface ConsoleProps {
  fetcher: Fetcher;
  explain: ExplainSwitch;
}

/** GraphiQL with the examples in tabs and two panels of our own: Examples and Plan. */
export function Console({ fetcher, explain }: ConsoleProps) {
  // GraphiQL tells plugins apart by identity, so they must survive re-rendering.
  const [plugins] = useState(() => [examplesPlugin(), planPlugin(explain), HISTORY_PLUGIN]);
  const [tabs] = useState(() => EXAMPLES.map(({ query }) => ({ query })));
  return (
    <GraphiQL
      fetcher={fetcher}
      plugins={plugins}
      defaultTabs={tabs}
      defaultEditorToolsVisibility={false}
      inputValueDeprecation
      schemaDescription
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo>
        <Brand />
      </GraphiQL.Logo>
    </GraphiQL>
  );
}
