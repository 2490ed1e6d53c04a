/** File endings of languages whose name is not their ending. */
const endings: Record<string, string> = {
  'bash': 'sh', 'shell': 'sh', 'zsh': 'sh', 'console': 'txt', 'c++': 'cpp', 'c#': 'cs', 'csharp': 'cs', 'clojure': 'clj', 'docker': 'dockerfile', 'elixir': 'ex', 'golang': 'go',
  'haskell': 'hs', 'hcl': 'tf', 'terraform': 'tf', 'javascript': 'js', 'julia': 'jl', 'kotlin': 'kt', 'latex': 'tex', 'makefile': 'mk', 'make': 'mk', 'markdown': 'md',
  'perl': 'pl', 'powershell': 'ps1', 'python': 'py', 'ruby': 'rb', 'rust': 'rs', 'text': 'txt', 'typescript': 'ts', 'plaintext': 'txt', 'nginx': 'conf',
}

/** The ending for a downloaded code block: letters and digits only, `txt` when the language gives none. */
export function languageExtension(language: string): string {
  if (Object.hasOwn(endings, language)) return endings[language] ?? 'txt'
  return /^[a-z0-9]{1,12}$/.test(language) ? language : 'txt'
}
