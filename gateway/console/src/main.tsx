import './styles/fonts.css';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './styles/theme.css';
import './styles/panels.css';

import { createRoot } from 'react-dom/client';

import { Console } from './console.tsx';
import { ExplainSwitch } from './explain.ts';
import { createFetcher, endpointOf } from './fetcher.ts';
import { installWorkers } from './workers.ts';

installWorkers();
const explain = new ExplainSwitch(localStorage);
const fetcher = createFetcher(endpointOf(document), explain);
const root = document.getElementById('console');
if (!root) throw new Error('index.html has no element #console');
createRoot(root).render(<Console fetcher={fetcher} explain={explain} />);
