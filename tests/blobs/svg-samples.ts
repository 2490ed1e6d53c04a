const ns = 'xmlns="http://www.w3.org/2000/svg"'
const svg = (body: string, attributes = ''): string => `<svg ${ns} xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>${body}</svg>`
const pixel = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** Pictures that do more than show: they run, load, send, or become something else where they are read less strictly. */
export const oddSvgs: Record<string, string> = {
  'a script': svg('<script>alert(1)</script>'),
  'a script of another case': svg('<ScRiPt>alert(1)</ScRiPt>'),
  'a script under a prefix': svg('<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script>'),
  'a script of HTML': svg('<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>'),
  'a script of no known namespace': svg('<h:script xmlns:h="urn:x">alert(1)</h:script>'),
  'a script from elsewhere': svg('<script xlink:href="https://a.example/x.js"/>'),
  'a handler': svg('<rect onload="alert(1)"/>'),
  'a handler of another case': svg('<rect OnClIcK="alert(1)"/>'),
  'a handler at its root': svg('', 'onload="alert(1)"'),
  'a handler under a prefix': svg('<rect xlink:onclick="alert(1)"/>'),
  'a handler after a slash': svg('<rect/onload="alert(1)"/>'),
  'a handler element': svg('<handler type="text/javascript">x</handler>'),
  'a listener of XML events': svg('<ev:listener xmlns:ev="http://www.w3.org/2001/xml-events" event="load" handler="#x"/>'),
  'a handler that is set': svg('<rect><set attributeName="onclick" to="alert(1)"/></rect>'),
  'a handler that is animated': svg('<rect><animate attributeName=" ONmouseover" values="alert(1);alert(2)"/></rect>'),
  'an address that is set': svg('<a><set attributeName="xlink:href" to="javascript:alert(1)"/><text>x</text></a>'),
  'an address that is animated': svg('<a><animate attributeName="href" values="https://a.example"/><text>x</text></a>'),
  'a link that runs': svg('<a href="javascript:alert(1)"><text>x</text></a>'),
  'a link that runs, in references': svg('<a href="&#106;ava&#x73;cript:alert(1)"><text>x</text></a>'),
  'a link that runs, broken in two': svg('<a href="java&#10;script:alert(1)"><text>x</text></a>'),
  'a link to another host': svg('<a href="https://a.example/"><text>x</text></a>'),
  'a link to a page of data': svg('<a href="data:text/html,x"><text>x</text></a>'),
  'a picture from elsewhere': svg('<image href="https://a.example/x.png"/>'),
  'a picture without a scheme': svg('<image xlink:href="//a.example/x.png"/>'),
  'a picture beside it': svg('<image href="x.png"/>'),
  'a picture that is an SVG': svg('<image href="data:image/svg+xml;base64,PHN2Zy8+"/>'),
  'a used part from elsewhere': svg('<use href="https://a.example/x.svg#a"/>'),
  'a used part of data': svg(`<use href="${pixel}"/>`),
  'a filter from elsewhere': svg('<filter id="f"><feImage href="https://a.example/x.png"/></filter>'),
  'a fill from elsewhere': svg('<rect fill="url(https://a.example/x.svg#a)"/>'),
  'a fill from elsewhere, quoted': svg('<rect fill="url( \'https://a.example/x.svg#a\' )"/>'),
  'a cursor from elsewhere': svg('<rect style="cursor: url(https://a.example/x.cur), auto"/>'),
  'a style that imports': svg('<style>@import "https://a.example/x.css";</style>'),
  'a style that imports, escaped': svg('<style>@\\69mport "https://a.example/x.css";</style>'),
  'a style that imports, behind a comment that is none': svg('<style>a{content:"/*"}@import "https://a.example";b{content:"*/"}</style>'),
  'a style with an address': svg('<style>rect { fill: ur\\6c(https://a.example/x) }</style>'),
  'a style with a font from elsewhere': svg('<style>@font-face { font-family: x; src: url("https://a.example/x.woff2") }</style>'),
  'a style with a set of pictures': svg('<style>rect { mask-image: image-set("https://a.example/x.png" 1x) }</style>'),
  'a style that is set': svg('<rect><set attributeName="fill" to="url(https://a.example/x#a)"/></rect>'),
  'a sheet of styles': `<?xml version="1.0"?><?xml-stylesheet href="https://a.example/x.css"?>${svg('')}`,
  'a sheet that transforms': `<?xml-stylesheet type="text/xsl" href="#x"?>${svg('')}`,
  'a refresh': svg('<h:meta xmlns:h="http://www.w3.org/1999/xhtml" http-equiv="refresh" content="0;url=https://a.example"/>'),
  'a refresh without a prefix': svg('<meta http-equiv="refresh" content="0;url=https://a.example"/>'),
  'a base': svg('<base href="https://a.example/"/>'),
  'another base': svg('<g xml:base="https://a.example/"><use href="#a"/></g>'),
  'a form': svg('<form action="https://a.example"><input name="x"/></form>'),
  'HTML within': svg('<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>'),
  'a frame': svg('<iframe src="#x"/>'),
  'an embedded thing': svg('<embed src="#x"/>'),
  'a film': svg('<video src="https://a.example/x.mp4"/>'),
  'a document type': `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://a.example/svg11.dtd">${svg('')}`,
  'entities': `<!DOCTYPE svg [<!ENTITY a "<script/>">]>${svg('&a;')}`,
  'an entity that nothing declares': svg('<text>&a;</text>'),
  'an inclusion': svg('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="#x"/>'),
  'markup hidden in a section': svg('<title><![CDATA[<script>alert(1)</script>]]></title>'),
  'a comment that HTML ends early': svg('<!--><img src=x onerror=alert(1)>-->'),
  'another encoding': `<?xml version="1.0" encoding="utf-7"?>${svg('')}`,
  'elements that do not nest': svg('<g><rect></g></rect>'),
  'an attribute twice': svg('<rect id="a" id="b"/>'),
  'a prefix that nothing declares': svg('<x:rect/>'),
  'two roots': svg('') + svg(''),
  'no end': `<svg ${ns}><g>`,
}

/** As programs that draw write them. */
export const harmlessSvgs: Record<string, string> = {
  Inkscape: `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!-- Created with Inkscape (http://www.inkscape.org/) -->
<svg width="210mm" height="297mm" viewBox="0 0 210 297" version="1.1" id="svg5" inkscape:version="1.3 (0e150ed6c4, 2023-07-21)" sodipodi:docname="drawing.svg"
 inkscape:export-filename="/home/me/x.png" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"
 xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg" xmlns:svg="http://www.w3.org/2000/svg" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:cc="http://creativecommons.org/ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">
<sodipodi:namedview id="namedview7" pagecolor="#ffffff" inkscape:document-units="mm" showgrid="false"><inkscape:grid type="xygrid" id="grid1"/></sodipodi:namedview>
<metadata id="m"><rdf:RDF><cc:Work rdf:about=""><dc:format>image/svg+xml</dc:format><dc:type rdf:resource="http://purl.org/dc/dcmitype/StillImage"/>
<cc:license rdf:resource="http://creativecommons.org/licenses/by/4.0/"/></cc:Work></rdf:RDF></metadata>
<defs id="defs2"><linearGradient id="a"><stop style="stop-color:#000;stop-opacity:1" offset="0"/></linearGradient><linearGradient xlink:href="#a" id="b" gradientTransform="matrix(1,0,0,1,0,0)"/>
<inkscape:path-effect effect="spiro" id="path-effect1"/></defs>
<g inkscape:label="Image (1)" inkscape:groupmode="layer" id="layer1"><path style="fill:url(#b);stroke:#000;-inkscape-stroke:none" d="M 0,0 L 10,10 z" sodipodi:nodetypes="cc"/>
<image xlink:href="${pixel}" width="1" height="1" sodipodi:absref="C:\\Users\\me\\x.png"/><text xml:space="preserve"><tspan sodipodi:role="line">a &amp; b &#169;</tspan></text></g></svg>`,
  Illustrator: `<?xml version="1.0" encoding="utf-8"?>
<!-- Generator: Adobe Illustrator 27.0.0, SVG Export Plug-In . SVG Version: 6.00 Build 0)  -->
<svg version="1.1" id="Layer_1" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" x="0px" y="0px" viewBox="0 0 10 10" style="enable-background:new 0 0 10 10;" xml:space="preserve">
<style type="text/css">
	.st0{clip-path:url(#SVGID_2_);fill:#E30613;}
	.st1{font-family:'MyriadPro-Regular';}
</style>
<g><defs><rect id="SVGID_1_" width="10" height="10"/></defs><clipPath id="SVGID_2_"><use xlink:href="#SVGID_1_"  style="overflow:visible;"/></clipPath><path class="st0" d="M0,0h10"/></g>
<text transform="matrix(1 0 0 1 0 10)" class="st1">on the line</text></svg>`,
  'Illustrator with XMP': svg(`<style><![CDATA[.a > .b { fill: red }]]></style><metadata><?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<xmp:CreatorTool>Adobe Illustrator</xmp:CreatorTool></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?></metadata><i:pgf xmlns:i="http://ns.adobe.com/AdobeIllustrator/10.0/" id="x">eJzs</i:pgf>`),
  Figma: `<svg width="24" height="24" viewBox="0 0 24 24" fill="none" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
<g clip-path="url(#clip0_1_2)" filter="url(#filter0_d)"><rect width="24" height="24" fill="url(#pattern0)"/></g>
<defs><filter id="filter0_d" x="0" y="0" width="24" height="24" filterUnits="userSpaceOnUse" color-interpolation-filters="sRGB"><feFlood flood-opacity="0" result="BackgroundImageFix"/>
<feColorMatrix in="SourceAlpha" type="matrix" values="0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 127 0"/><feBlend in="SourceGraphic" in2="x" result="shape"/></filter>
<pattern id="pattern0" patternContentUnits="objectBoundingBox" width="1" height="1"><use xlink:href="#image0" transform="scale(0.01)"/></pattern>
<clipPath id="clip0_1_2"><rect width="24" height="24" fill="white"/></clipPath><image id="image0" data-name="Image (1)" width="1" height="1" preserveAspectRatio="none" xlink:href="${pixel}"/></defs></svg>`,
  'a plotting library': `<?xml version="1.0" encoding="utf-8" standalone="no"?>
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="460.8pt" viewBox="0 0 460.8 345.6" xmlns="http://www.w3.org/2000/svg" version="1.1">
 <defs><style type="text/css">*{stroke-linejoin: round; stroke-linecap: butt}</style></defs>
 <g id="figure_1"><g id="patch_1"><path d="M 0 345.6 L 460.8 345.6 z" style="fill: #ffffff"/></g><g><defs><path id="m1" d="M 0 0 L 0 3.5" style="stroke: #000000; stroke-width: 0.8"/></defs>
 <use xlink:href="#m1" x="73.8" y="307.5" style="stroke: #000000; stroke-width: 0.8"/></g><path clip-path="url(#pa)" style="fill: none; stroke: #1f77b4"/></g>
 <defs><clipPath id="pa"><rect x="57.6" y="41.4" width="357.1" height="266.1"/></clipPath></defs></svg>`,
  'an icon set': `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" aria-label="x (y)"><title>on</title><path fill="currentColor" d="M4 4h16"/><animateTransform attributeName="transform" type="rotate" from="0 12 12" to="360 12 12" dur="1s" repeatCount="indefinite"/></svg>`,
  'an editor that prefixes': '<svg:svg xmlns:svg="http://www.w3.org/2000/svg"><svg:g><svg:rect width="1" height="1"/></svg:g></svg:svg>',
  'a hand without a namespace': '<svg width="1" height="1"><!-- <rect/> --><circle r="1"/></svg>',
  'a hand with animated styles': svg('<style>@media (prefers-color-scheme: dark) { rect { fill: #fff } } @keyframes a { to { transform: rotate(1turn) } } svg { scroll-behavior: smooth }</style><rect style="animation: a 1s"/>'),
}
