import type { LanguageInput } from 'shiki/core'

type Load = () => Promise<{ default: LanguageInput }>

/** The grammars that ship, each its own chunk, loaded when a block of that language is first coloured. */
const grammars = {
  bash: () => import('shiki/langs/bash.mjs'),
  c: () => import('shiki/langs/c.mjs'),
  clojure: () => import('shiki/langs/clojure.mjs'),
  cpp: () => import('shiki/langs/cpp.mjs'),
  csharp: () => import('shiki/langs/csharp.mjs'),
  css: () => import('shiki/langs/css.mjs'),
  dart: () => import('shiki/langs/dart.mjs'),
  diff: () => import('shiki/langs/diff.mjs'),
  docker: () => import('shiki/langs/docker.mjs'),
  elixir: () => import('shiki/langs/elixir.mjs'),
  go: () => import('shiki/langs/go.mjs'),
  graphql: () => import('shiki/langs/graphql.mjs'),
  haskell: () => import('shiki/langs/haskell.mjs'),
  hcl: () => import('shiki/langs/hcl.mjs'),
  html: () => import('shiki/langs/html.mjs'),
  ini: () => import('shiki/langs/ini.mjs'),
  java: () => import('shiki/langs/java.mjs'),
  javascript: () => import('shiki/langs/javascript.mjs'),
  json: () => import('shiki/langs/json.mjs'),
  jsonc: () => import('shiki/langs/jsonc.mjs'),
  jsx: () => import('shiki/langs/jsx.mjs'),
  julia: () => import('shiki/langs/julia.mjs'),
  kotlin: () => import('shiki/langs/kotlin.mjs'),
  latex: () => import('shiki/langs/latex.mjs'),
  lua: () => import('shiki/langs/lua.mjs'),
  make: () => import('shiki/langs/make.mjs'),
  markdown: () => import('shiki/langs/markdown.mjs'),
  nginx: () => import('shiki/langs/nginx.mjs'),
  nix: () => import('shiki/langs/nix.mjs'),
  perl: () => import('shiki/langs/perl.mjs'),
  php: () => import('shiki/langs/php.mjs'),
  powershell: () => import('shiki/langs/powershell.mjs'),
  proto: () => import('shiki/langs/proto.mjs'),
  python: () => import('shiki/langs/python.mjs'),
  r: () => import('shiki/langs/r.mjs'),
  ruby: () => import('shiki/langs/ruby.mjs'),
  rust: () => import('shiki/langs/rust.mjs'),
  scala: () => import('shiki/langs/scala.mjs'),
  scss: () => import('shiki/langs/scss.mjs'),
  sql: () => import('shiki/langs/sql.mjs'),
  svelte: () => import('shiki/langs/svelte.mjs'),
  swift: () => import('shiki/langs/swift.mjs'),
  toml: () => import('shiki/langs/toml.mjs'),
  tsx: () => import('shiki/langs/tsx.mjs'),
  typescript: () => import('shiki/langs/typescript.mjs'),
  vue: () => import('shiki/langs/vue.mjs'),
  xml: () => import('shiki/langs/xml.mjs'),
  yaml: () => import('shiki/langs/yaml.mjs'),
  zig: () => import('shiki/langs/zig.mjs'),
} satisfies Record<string, Load>

export type Grammar = keyof typeof grammars

/** Other names people and models write after a fence. */
const aliases: Record<string, Grammar> = {
  'sh': 'bash', 'shell': 'bash', 'zsh': 'bash', 'console': 'bash', 'shellscript': 'bash', 'c++': 'cpp', 'cc': 'cpp', 'h': 'c', 'hpp': 'cpp', 'cs': 'csharp', 'c#': 'csharp',
  'clj': 'clojure', 'patch': 'diff', 'dockerfile': 'docker', 'ex': 'elixir', 'exs': 'elixir', 'golang': 'go', 'gql': 'graphql', 'hs': 'haskell', 'terraform': 'hcl',
  'tf': 'hcl', 'htm': 'html', 'svg': 'xml', 'properties': 'ini', 'js': 'javascript', 'mjs': 'javascript', 'cjs': 'javascript', 'json5': 'jsonc', 'jl': 'julia', 'kt': 'kotlin',
  'tex': 'latex', 'makefile': 'make', 'md': 'markdown', 'pl': 'perl', 'ps1': 'powershell', 'protobuf': 'proto', 'py': 'python', 'rb': 'ruby', 'rs': 'rust', 'sass': 'scss',
  'postgresql': 'sql', 'mysql': 'sql', 'sqlite': 'sql', 'ts': 'typescript', 'mts': 'typescript', 'yml': 'yaml', 'node': 'javascript',
}

const isGrammar = (name: string): name is Grammar => Object.hasOwn(grammars, name)

/** The grammar for a name after a fence, or null when none of ours fits. */
export function grammarOf(language: string): Grammar | null {
  if (isGrammar(language)) return language
  return Object.hasOwn(aliases, language) ? aliases[language] ?? null : null
}

export const loadGrammar = async (grammar: Grammar): Promise<LanguageInput> => (await grammars[grammar]()).default
