/**
 * The look of a shared page, in the document itself: it must hold in a sandbox without an origin, and in a file opened from a disk.
 * Light and dark by the reader's preference; nothing here names another host.
 */
export const styles = `
:root { color-scheme: light dark; --bg: #fff; --ink: #1a1a19; --soft: #565550; --faint: #66655f; --line: #e6e5e2; --panel: #f7f7f5; --bubble: #f1f0ed; --accent: #0f766e; --accent-ink: #fff;
  --came: #e3f5e8; --came-ink: #0c5527; --gone: #fdebea; --gone-ink: #8c1414; --warn: #9b1c1c; --care: #92400e; --live: #0b6b4f; --code: #f9f9f7; --mark: #fef08a; }
@media (prefers-color-scheme: dark) { :root { --bg: #181817; --ink: #e9e8e5; --soft: #bdbcb7; --faint: #a09f99; --line: #32312f; --panel: #21211f; --bubble: #282826; --accent: #58bbae; --accent-ink: #0b1f1d;
  --came: #12291c; --came-ink: #8fe0ab; --gone: #341819; --gone-ink: #ffb3b3; --warn: #ffb3b3; --care: #fcd34d; --live: #6fd6b4; --code: #1f1f1d; --mark: #713f12; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--bg); color: var(--ink); font: 16px/1.6 "Inter Variable", Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif; overflow-wrap: anywhere; }
h1, h2, h3, h4, h5, h6, p, ul, ol, dl, dd, figure, fieldset, blockquote, pre { margin: 0; padding: 0; }
fieldset { border: 0; min-width: 0; }
code, pre, .path, .tool-name { font-family: ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: .84em; }
a { color: var(--accent); text-underline-offset: .18em; text-decoration-thickness: 1px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--bg); padding: .5rem 1rem; z-index: 2; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.quiet, .label { color: var(--faint); }
.label { font-size: .92em; }
.tag { font-size: .72rem; line-height: 1.2; color: var(--soft); border: 1px solid var(--line); border-radius: 99px; padding: .15rem .5rem; white-space: nowrap; }
.live { color: var(--live); border-color: currentColor; }
.live::before { content: ""; display: inline-block; width: .45em; height: .45em; border-radius: 50%; background: currentColor; margin-right: .4em; vertical-align: .1em; }

.top, .layout { max-width: 78rem; margin: 0 auto; padding: 0 clamp(1rem, 4vw, 2.5rem); }
.top { padding-top: 1.25rem; padding-bottom: 1.25rem; }
.brand { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .75rem; font-size: .875rem; font-weight: 600; }
.brand svg { width: 1.35rem; height: 1.35rem; margin-right: .45rem; vertical-align: -.32rem; }
.brand .quiet { font-weight: 400; }
.brand a { color: inherit; text-decoration: none; }
h1 { font-size: clamp(1.5rem, 1.1rem + 1.7vw, 2.15rem); line-height: 1.2; letter-spacing: -.018em; font-weight: 650; margin: 1.4rem 0 1rem; text-wrap: balance; }
.facts { display: flex; flex-wrap: wrap; gap: .6rem 1.75rem; font-size: .875rem; font-variant-numeric: tabular-nums; }
.facts dt { color: var(--faint); font-size: .75rem; line-height: 1.3; }
.actions { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: 1.25rem; }
.button { display: inline-block; font-size: .875rem; font-weight: 550; line-height: 1.25rem; padding: .45rem .9rem; border-radius: .5rem; border: 1px solid var(--line); background: var(--bg); color: var(--ink); text-decoration: none; cursor: pointer; list-style: none; }
.button:hover { background: var(--panel); }
.button.primary { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); }
.button.primary:hover { filter: brightness(1.08); }
.button::-webkit-details-marker { display: none; }
.menu { position: relative; }
.menu > summary::after { content: " ▾"; color: var(--faint); }
.menu ul { position: absolute; z-index: 3; top: calc(100% + .35rem); left: 0; min-width: 12rem; list-style: none; padding: .3rem; background: var(--bg); border: 1px solid var(--line); border-radius: .6rem; box-shadow: 0 8px 30px rgb(0 0 0 / .14); }
.menu li a { display: block; padding: .4rem .7rem; border-radius: .35rem; color: var(--ink); text-decoration: none; font-size: .875rem; }
.menu li a:hover { background: var(--panel); }

.layout { border-top: 1px solid var(--line); display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 3rem; padding-top: 1.25rem; padding-bottom: 5rem; }
.navigator > summary { font-size: .8rem; font-weight: 600; color: var(--soft); cursor: pointer; padding: .3rem 0; }
.navigator ol { list-style: none; font-size: .8125rem; line-height: 1.35; max-height: 12rem; overflow-y: auto; padding: .2rem 0 .5rem; }
.navigator li a { display: block; padding: .32rem .6rem; border-left: 2px solid var(--line); color: var(--soft); text-decoration: none; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.navigator p { padding: .5rem .6rem; font-size: .8125rem; }
.navigator p a { color: var(--soft); }
.navigator li a:hover { color: var(--ink); border-color: var(--accent); }
@media (min-width: 64rem) {
  .layout { grid-template-columns: 15rem minmax(0, 1fr); padding-top: 2rem; }
  .layout > nav { order: 0; }
  .navigator { position: sticky; top: 1.25rem; }
  .navigator ol { max-height: calc(100vh - 5rem); }
}
main { max-width: 52rem; min-width: 0; width: 100%; }
.pages ol { list-style: none; display: flex; flex-wrap: wrap; gap: .4rem; padding: 2rem 0; font-size: .8125rem; }
.pages a { display: block; padding: .3rem .7rem; border: 1px solid var(--line); border-radius: .4rem; color: var(--soft); text-decoration: none; }
.pages a[aria-current] { color: var(--ink); border-color: var(--accent); }
.empty { color: var(--faint); padding: 3rem 0; text-align: center; }

article { position: relative; content-visibility: auto; contain-intrinsic-size: auto 12rem; padding: .25rem .25rem 0; margin-bottom: 1.75rem; scroll-margin-top: 1rem; }
article:target > .body { box-shadow: -3px 0 0 var(--accent); }
article.user { display: flex; flex-direction: column; align-items: flex-end; }
article.user > .body { background: var(--bubble); border-radius: 1rem; padding: .65rem 1rem; max-width: min(100%, 42rem); }
article.user > .turn-diffs { width: 100%; margin-top: .75rem; }
article.user .prose p { white-space: pre-line; }
.said { white-space: pre-wrap; }
article > .body > * + * { margin-top: .75rem; }
article > footer { display: flex; flex-wrap: wrap; gap: .1rem .9rem; margin-top: .5rem; font-size: .75rem; color: var(--faint); font-variant-numeric: tabular-nums; }
.model { color: var(--soft); }
.writing { color: var(--live); font-size: .875rem; }
.failed { color: var(--warn); font-size: .9rem; }
.note { color: var(--faint); font-size: .85rem; }
.chip { font-size: .875rem; border: 1px solid var(--line); border-radius: .5rem; padding: .3rem .7rem; width: fit-content; max-width: 100%; background: var(--bg); }
figure img { max-width: 100%; max-height: 28rem; border-radius: .6rem; border: 1px solid var(--line); display: block; }
figcaption { font-size: .75rem; color: var(--soft); margin-top: .25rem; }

.prose { max-width: 46rem; }
.prose > * + * { margin-top: .75rem; }
.prose :is(h3, h4, h5, h6) { line-height: 1.3; font-weight: 650; margin-top: 1.4rem; }
.prose .heading-1 { font-size: 1.3rem; } .prose .heading-2 { font-size: 1.15rem; } .prose :is(.heading-3, .heading-4, .heading-5, .heading-6) { font-size: 1rem; }
.prose :is(ul, ol) { padding-left: 1.4rem; }
.prose li + li { margin-top: .2rem; }
.prose li > :is(ul, ol) { margin-top: .2rem; }
.prose li.task { list-style: none; margin-left: -1.2rem; }
.prose blockquote { border-left: 3px solid var(--line); padding-left: 1rem; color: var(--soft); }
.prose blockquote > * + * { margin-top: .5rem; }
.prose .callout { --callout: var(--accent); border-left-color: var(--callout); color: inherit; }
.prose .callout-title { display: block; color: var(--callout); margin-bottom: .2rem; }
.prose .callout-tip { --callout: var(--live); } .prose :is(.callout-warning, .callout-important) { --callout: var(--care); } .prose .callout-caution { --callout: var(--warn); }
.prose details { border: 1px solid var(--line); border-radius: .6rem; padding: .5rem .9rem; }
.prose details > * + * { margin-top: .5rem; }
.prose summary { font-weight: 550; }
.prose kbd { font: inherit; font-size: .85em; background: var(--panel); border: 1px solid var(--line); border-bottom-width: 2px; border-radius: .3rem; padding: .05em .4em; }
.prose mark { background: var(--mark); color: inherit; border-radius: .15em; padding: 0 .1em; }
.prose :is(sub, sup) { font-size: .75em; line-height: 0; }
.prose .footnotes { border-top: 1px solid var(--line); color: var(--soft); font-size: .9em; margin-top: 1.4rem; padding-top: .75rem; }
.prose hr { border: 0; border-top: 1px solid var(--line); margin: 1.5rem 0; }
.prose :not(pre) > code { background: var(--panel); border: 1px solid var(--line); border-radius: .3rem; padding: .06em .32em; }
.table-scroll { overflow-x: auto; }
.prose table { border-collapse: collapse; font-size: .9rem; overflow-wrap: normal; }
.prose :is(th, td) { border: 1px solid var(--line); padding: .35rem .7rem; text-align: start; vertical-align: top; }
.prose th { background: var(--panel); font-weight: 600; }
.math-display { display: block; overflow-x: auto; padding: .3rem 0; }
pre { overflow: auto; max-height: 32rem; background: var(--code); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem; line-height: 1.5; tab-size: 4; overflow-wrap: normal; }
pre code { font-size: .8125rem; white-space: pre; }
pre.plain { white-space: pre-wrap; font-size: .8125rem; }
.code-block { border: 1px solid var(--line); border-radius: .6rem; overflow: hidden; }
.code-block pre { border: 0; border-radius: 0; }
.code-head { display: flex; justify-content: space-between; font-size: .72rem; color: var(--faint); padding: .25rem 1rem; border-bottom: 1px solid var(--line); background: var(--panel); }
pre span[style] { color: var(--code-light); background-color: transparent; }
@media (prefers-color-scheme: dark) { pre span[style] { color: var(--code-dark); } }

details > summary { cursor: pointer; }
.reasoning { border-left: 2px solid var(--line); padding-left: .9rem; color: var(--soft); font-size: .92rem; }
.reasoning > summary { font-size: .85rem; color: var(--faint); }
.reasoning > .prose { margin-top: .5rem; }
.tool, .file-diff { border: 1px solid var(--line); border-radius: .6rem; background: var(--bg); font-size: .9rem; }
.tool + .tool, .file-diff + .file-diff { margin-top: .5rem; }
.tool > summary, .file-diff > summary { display: flex; align-items: center; gap: .6rem; padding: .45rem .8rem; min-width: 0; list-style: none; border-radius: .6rem; }
.tool > summary::-webkit-details-marker, .file-diff > summary::-webkit-details-marker { display: none; }
.tool > summary::before, .file-diff > summary::before { content: "›"; color: var(--faint); transition: transform .12s; flex: none; }
.tool[open] > summary::before, .file-diff[open] > summary::before { transform: rotate(90deg); }
.tool > summary:hover, .file-diff > summary:hover { background: var(--panel); }
.tool-name { font-weight: 600; flex: none; }
.tool-title { color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: 1; min-width: 0; }
.tool[data-state="error"] > summary .tag { color: var(--warn); border-color: currentColor; }
.tool[data-state="running"] > summary .tag { color: var(--live); border-color: currentColor; }
.tool-body { padding: 0 .8rem .8rem; }
.tool-body > * + * { margin-top: .5rem; }
.part-name { font-size: .75rem; font-weight: 600; color: var(--faint); margin-top: .7rem; }
.part-name:first-child { margin-top: .2rem; }

.diff-layout { display: none; gap: .9rem; font-size: .8125rem; color: var(--soft); margin-bottom: 1rem; align-items: center; }
.diff-layout legend { float: left; margin-right: .9rem; padding: 0; }
.diff-layout label { display: inline-flex; gap: .35rem; align-items: center; cursor: pointer; margin-right: .9rem; }
@media (min-width: 48rem) { .diff-layout { display: block; } }
.file-diff > summary .path { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.plus, .minus { font-size: .8rem; font-variant-numeric: tabular-nums; }
.plus { color: var(--came-ink); } .minus { color: var(--gone-ink); }
.diff { overflow-x: auto; border-top: 1px solid var(--line); font-size: .8125rem; line-height: 1.55; padding: .3rem 0; max-height: 40rem; overflow-y: auto; }
.hunk { color: var(--faint); padding: .2rem .8rem; }
.block { min-width: max-content; }
.line { display: block; white-space: pre; padding-right: .8rem; }
.line i { display: inline-block; width: 3.2rem; padding-right: .8rem; text-align: right; color: var(--faint); font-style: normal; font-size: .75rem; user-select: none; font-variant-numeric: tabular-nums; }
.line code { font-size: inherit; tab-size: 4; }
.line.came { background: var(--came); color: var(--came-ink); } .line.gone { background: var(--gone); color: var(--gone-ink); }
.line.came code::before { content: "+ "; } .line.gone code::before { content: "− "; } .line:not(.came, .gone) code::before { content: "  "; }
.same > .before { display: none; }
@media (min-width: 48rem) {
  main:has(#split:checked) .block { display: grid; grid-template-columns: 1fr 1fr; min-width: 0; }
  main:has(#split:checked) .same > .before { display: block; }
  main:has(#split:checked) .half { overflow-x: auto; min-width: 0; }
  main:has(#split:checked) .half.after { border-left: 1px solid var(--line); }
  main:has(#split:checked) .line { white-space: pre-wrap; overflow-wrap: anywhere; padding-left: 3.2rem; text-indent: -3.2rem; }
  main:has(#split:checked) .line i { text-indent: 0; }
}
#changes h2 { font-size: 1.05rem; margin: 2rem 0 .75rem; }

@media print {
  :root { --bg: #fff; --ink: #000; --soft: #333; --faint: #444; --line: #ccc; --panel: #f6f6f6; --bubble: #f1f1f1; --code: #fafafa; }
  body { font-size: 11pt; }
  .actions, .layout > nav, .skip, .diff-layout, .live { display: none; }
  .layout { display: block; } main { max-width: none; }
  article { position: relative; content-visibility: visible; break-inside: auto; }
  article.user > .body, pre, .block { break-inside: avoid-page; }
  pre, .diff { max-height: none; overflow: visible; } pre code { white-space: pre-wrap; }
  a { color: inherit; }
  pre span[style] { color: var(--code-light); }
}
@media (max-width: 30rem) {
  .top { padding-top: .9rem; }
  .tool > summary, .file-diff > summary { gap: .45rem; padding: .45rem .6rem; }
  .tool-body { padding: 0 .6rem .6rem; }
  .facts { gap: .5rem 1.25rem; }
}
`
