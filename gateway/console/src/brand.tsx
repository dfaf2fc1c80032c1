import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';

const FONT_SIZE_PX = 13;

/** The product's name, and the place inside GraphiQL from which its editors are kept in our style. */
export function Brand() {
  useEditorStyle();
  useSystemTheme();
  return (
    <span className="brand">
      <img src="./favicon.svg" alt="onchain-gateway" width="20" height="20" />
      <span className="brand-name">onchain-gateway</span>
    </span>
  );
}

/** GraphiQL fixes 15 px and cuts long lines, which leaves a 1024 px screen with half of each. */
function useEditorStyle(): void {
  const { queryEditor, variableEditor, headerEditor, responseEditor } = useGraphiQL(
    pick('queryEditor', 'variableEditor', 'headerEditor', 'responseEditor'),
  );
  useEffect(() => {
    for (const editor of [queryEditor, variableEditor, headerEditor, responseEditor]) {
      editor?.updateOptions({ fontSize: FONT_SIZE_PX, wordWrap: 'on', wrappingIndent: 'indent' });
    }
  }, [queryEditor, variableEditor, headerEditor, responseEditor]);
}

/** GraphiQL's pages follow the system from light to dark by themselves, its editors only when told. */
function useSystemTheme(): void {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    if (theme !== null) return undefined;
    const system = window.matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(null);
    system.addEventListener('change', follow);
    return () => system.removeEventListener('change', follow);
  }, [theme, setTheme]);
}
