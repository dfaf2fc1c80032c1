import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import type { Plugin } from 'vite';

interface LockedPackage {
  dev?: boolean;
  devOptional?: boolean;
}

interface Manifest {
  name: string;
  version: string;
  license?: string;
  author?: string | { name: string };
  contributors?: (string | { name: string })[];
  repository?: string | { url: string };
}

interface Notice {
  manifest: Manifest;
  text: string | undefined;
}

const FILE = 'THIRD_PARTY_LICENSES.md';
const LICENCE_FILE = /^(licen[cs]e|copying|notice|thirdpartynotices)([.-].*)?$/i;
const HEAD = `# Third-party licences

The console contains code and fonts from the packages below, unchanged, under these licences.
`;
const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** Write the licences of every package that the page may contain beside the built page. */
export function thirdPartyLicences(): Plugin {
  let root = '.';
  return {
    name: 'third-party-licences',
    apply: 'build',
    configResolved(config) {
      root = config.root;
    },
    async generateBundle() {
      const notices = await collectNotices(root);
      this.emitFile({ type: 'asset', fileName: FILE, source: HEAD + notices.map(render(notices)).join('') });
    },
  };
}

/** The lock file lists more than the page uses: too many notices do no harm, a missing one does. */
async function collectNotices(root: string): Promise<Notice[]> {
  const lock = await readJson<{ packages: Record<string, LockedPackage> }>(path.join(root, 'package-lock.json'));
  const shipped = Object.entries(lock.packages).filter(
    ([location, entry]) => location !== '' && !entry.dev && !entry.devOptional,
  );
  const notices = await Promise.all(shipped.map(([location]) => readNotice(path.join(root, location))));
  const byId = new Map(notices.map((notice) => [`${notice.manifest.name} ${notice.manifest.version}`, notice]));
  return [...byId.entries()].sort(([a], [b]) => a.localeCompare(b)).map(([, notice]) => notice);
}

async function readNotice(folder: string): Promise<Notice> {
  const manifest = await readJson<Manifest>(path.join(folder, 'package.json'));
  const names = (await readdir(folder)).filter((name) => LICENCE_FILE.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
  return { manifest, text: texts.map((text) => text.trim()).join('\n\n') || undefined };
}

function render(all: readonly Notice[]): (notice: Notice) => string {
  return ({ manifest, text }) => {
    const { name, version, license = 'see the text' } = manifest;
    const body = (text ?? textElsewhere(manifest, all)).replaceAll('~~~~', '~ ~ ~ ~');
    return `\n## ${name} ${version}\n\nLicence: ${license}\n\n~~~~text\n${body}\n~~~~\n`;
  };
}

/** Some packages leave the file out: a sister package has it, or the declared licence's text stands in. */
function textElsewhere(manifest: Manifest, all: readonly Notice[]): string {
  const home = repositoryOf(manifest);
  const sister = all.find((other) => other.text && home && repositoryOf(other.manifest) === home);
  if (sister?.text) return sister.text;
  if (manifest.license !== 'MIT') throw new Error(`${manifest.name}: no licence text found for ${manifest.license}`);
  const people = [manifest.author, ...(manifest.contributors ?? [])].flatMap((person) =>
    person ? [typeof person === 'string' ? person : person.name] : [],
  );
  return `Copyright (c) ${people.join(', ') || `the authors of ${manifest.name}`}\n\n${MIT}`;
}

function repositoryOf({ repository }: Manifest): string | undefined {
  const address = typeof repository === 'string' ? repository : repository?.url;
  return address?.replace(/^git\+/, '').replace(/^(https?:\/\/|git@|ssh:\/\/git@)?github\.com[/:]/, '').replace(/\.git$/, '');
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, 'utf8')) as T;
}
