/** The import direction of the project (CONTRIBUTING.md): the browser and the server meet in shared/ only. */
const browser = '^(app\\.vue|error\\.vue|pages|components|composables|stores|plugins|workers)'
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

export default {
  forbidden: [
    rule('no-cycles', 'A cycle has no first file to read.', {}, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }),
    rule('resolvable', 'An import that cannot be resolved would pass every other rule.', { pathNot: '^(\\.nuxt|node_modules)' }, { couldNotResolve: true, pathNot: '^(#|virtual:)' }),
    rule('shared-is-pure', 'shared/ runs on both sides: itself and zod only.', { path: '^shared/' }, { pathNot: '^(shared/|node_modules/zod/)' }),
    rule('browser-without-server', 'The browser never imports the server.', { path: browser }, { path: '^server/' }),
    rule('server-without-browser', 'The server never imports the browser.', { path: '^server/' }, { path: browser }),
    rule('stores-call-the-api', 'Stores know the worker by its contract only.', { path: '^stores/' }, { path: '^(pages|components|composables|plugins|workers/(?!api\\.ts$))' }),
    rule('composables-below-components', 'Composables know no component and no page.', { path: '^composables/' }, { path: '^(pages|components|workers/(?!api\\.ts$))' }),
    rule('components-below-pages', 'Components know no page and no worker but its contract.', { path: '^components/' }, { path: '^(pages|plugins|workers/(?!api\\.ts$))' }),
    rule('pages-on-top', 'Pages reach the worker through stores.', { path: '^pages/' }, { path: '^(plugins|workers/(?!api\\.ts$))' }),
    rule('workers-below-the-app', 'Workers know no Vue.', { path: '^workers/' }, { path: '^(pages|components|composables|stores|plugins)' }),
    rule('composition-roots', 'Nobody imports a composition root.', {}, { path: '^(plugins/|server/plugins/|workers/[^/]+\\.worker\\.ts)' }),
    rule('no-tests-in-the-app', 'The app never imports its tests.', { path: `${browser}|^server|^shared` }, { path: '^(tests|bench|scripts)' }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(\\.nuxt|\\.output)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.imports.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'browser', 'node', 'default', 'types'], extensions: ['.ts', '.mjs', '.js', '.vue', '.json', '.css'] },
  },
}
