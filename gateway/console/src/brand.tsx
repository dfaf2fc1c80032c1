import { pick, useGraphiQL } from '@graphiql/react';
import { useEffect } from 'react';

const FONT_SIZE_PX = 13;

/** The product's name, and the one place inside GraphiQL where its editors can be reached. */
export function Brand() {
  useEditorFont();
  return (
    <span className="brand">
      <img src="./favicon.svg" alt="" width="20" height="20" />
      onchain-gateway
    </span>
  );
}

/** GraphiQL fixes 15 px, which leaves a 1024 px screen with half a query a line. */
function useEditorFont(): void {
  const { queryEditor, variableEditor, headerEditor, responseEditor } = useGraphiQL(
    pick('queryEditor', 'variableEditor', 'headerEditor', 'responseEditor'),
  );
  useEffect(() => {
    for (const editor of [queryEditor, variableEditor, headerEditor, responseEditor]) {
      editor?.updateOptions({ fontSize: FONT_SIZE_PX });
    }
  }, [queryEditor, variableEditor, headerEditor, responseEditor]);
}
