(()=>{"use strict";
// What the page can do where scripts run: a time window on the map, one thing
// marked in all figures, and figures and numbers as files. Nothing on the page
// needs it, it asks for nothing, and text goes in as text only.
const d=document,NS="http://www.w3.org/2000/svg",one=(s,r=d)=>r.querySelector(s),all=(s,r=d)=>[...r.querySelectorAll(s)];
const make=(name,attrs,...inside)=>{const e=d.createElementNS(NS,name);for(const k in attrs)e.setAttribute(k,attrs[k]);e.append(...inside);return e};
const words=e=>e?e.textContent.replace(/\s+/g," ").trim():"";

// One campaign is marked wherever it is drawn.
const keyed=all("[data-k]");
const show=e=>{const k=e&&e.dataset.k?e.dataset.k.split(" "):[];for(const x of keyed)x.classList.toggle("hi",x.dataset.k.split(" ").some(v=>k.includes(v)))};
for(const t of["pointerover","focusin"])d.addEventListener(t,ev=>show(ev.target.closest("[data-k]")));

// A choice of the multiverse is marked in the curve above it.
for(const row of all(".mvrow:not(.mvhead,.mvcurves)")){
row.tabIndex=0;
const on=()=>{off();const curves=all(".mvcurves .speccurve",row.closest(".mvgrid"));all(".mvcell",row).forEach((cell,i)=>{const from=one(".specrow",cell);if(!from||!curves[i])return;
curves[i].prepend(make("svg",{class:"chosen",width:"100%",height:curves[i].getAttribute("height"),viewBox:from.getAttribute("viewBox"),preserveAspectRatio:"none"},make("path",{d:one("path",from).getAttribute("d")})))})};
const off=()=>all(".chosen",row.closest(".mvgrid")).forEach(e=>e.remove());
row.addEventListener("pointerenter",on);row.addEventListener("focus",on);row.addEventListener("pointerleave",off);row.addEventListener("blur",off)}

// The time window.
const form=one("#window");
if(form){
const names=form.dataset.periods.split("|"),n=names.length,{from,to,all:whole}=form.elements,says=one("output",form),digits=[...form.dataset.digits];
const number=v=>String(v).replace(/\B(?=(\d{3})+$)/g,"\u202f").replace(/\d/g,c=>digits[c]);
const spots=all("#studymap circle[data-n]").map(e=>{const sum=new Array(n+1).fill(0);for(const c of e.dataset.n.split(" ")){const[t,v]=c.split(":");sum[+t+1]=+v}for(let t=1;t<=n;t++)sum[t]+=sum[t-1];return{e,sum}});
const size=Math.max(...spots.map(s=>+s.e.getAttribute("r"))),plot=one("#course .ctop .plot");
let brush;
for(const x of[from,to])x.max=n-1;
to.value=n-1;
const draw=by=>{
if(+from.value>+to.value){if(by===from)to.value=from.value;else from.value=to.value}
from.disabled=whole.checked;
const a=whole.checked?0:+from.value,b=+to.value+1,len=b-a;
let most=1,events=0,areas=0;
for(const{sum}of spots)if(whole.checked)most=Math.max(most,sum[n]);else for(let t=len;t<=n;t++)most=Math.max(most,sum[t]-sum[t-len]);
for(const{e,sum}of spots){const v=sum[b]-sum[a];e.setAttribute("r",Math.round(size*Math.sqrt(v/most)*10)/10);events+=v;if(v)areas++}
const fill={from:names[a],to:names[b-1],n:number(events),areas:number(areas),most:number(most)};
says.textContent=(form.dataset.says+". "+form.dataset.most).replace(/\[(\w+)\]/g,(m,k)=>k in fill?fill[k]:m);
from.setAttribute("aria-valuetext",names[a]);to.setAttribute("aria-valuetext",names[b-1]);
for(const e of all("#studymap .sized"))e.hidden=true;
if(plot){if(!brush){brush=d.createElement("div");brush.className="brush";plot.append(brush)}
brush.hidden=len===n;brush.style.left=100*a/n+"%";brush.style.width=100*len/n+"%"}};
form.addEventListener("input",ev=>draw(ev.target));form.addEventListener("submit",ev=>ev.preventDefault());
form.hidden=false}

// Figures as files. An HTML figure is drawn anew as one SVG, from what is on the
// screen: its drawings with their styles written out, and its texts line by line.
const cite=one('meta[name="citation"]').content,study=d.documentElement.dataset.study;
const PAINT=["fill","fill-opacity","fill-rule","stroke","stroke-width","stroke-dasharray","stroke-linejoin","opacity","paint-order","font-family","font-size","font-weight","font-variant-numeric","letter-spacing","text-transform","text-anchor","vector-effect"];
const paint=(from,to,need)=>{
if(/^(path|rect|circle|line|text|use|polyline)$/.test(from.localName)){const c=getComputedStyle(from);to.setAttribute("style",PAINT.map(p=>p+":"+c.getPropertyValue(p)).join(";"));
for(const m of c.fill.matchAll(/url\("?[^#]*#([\w-]+)/g))need.add(m[1]);
if(from.localName==="use")need.add(from.getAttribute("href").slice(1))}
to.removeAttribute("class");to.removeAttribute("data-n");to.removeAttribute("data-k");
[...from.children].forEach((c,i)=>paint(c,to.children[i],need))};
const svgOf=fig=>{
const box=fig.getBoundingClientRect(),need=new Set(),root=make("svg",{xmlns:NS}),skip="details,.tools,.controls,.visually-hidden,script";
let bottom=0;
const at=r=>({x:r.left-box.left,y:r.top-box.top});
const text=(s,r,c)=>{const rtl=c.direction==="rtl",p=at(r);bottom=Math.max(bottom,r.bottom-box.top);
root.append(make("text",{x:rtl?p.x+r.width:p.x,y:p.y+r.height*.78,direction:c.direction,style:`font:${c.fontWeight} ${c.fontSize} ${c.fontFamily.replace(/"/g,"'")};fill:${c.color};letter-spacing:${c.letterSpacing};text-transform:${c.textTransform}`},s))};
const walk=e=>{
if(e.nodeType===3){const r=d.createRange(),c=getComputedStyle(e.parentElement);let line="",rect;
for(const m of e.data.matchAll(/\S+/g)){r.setStart(e,m.index);r.setEnd(e,m.index+m[0].length);const b=r.getBoundingClientRect();if(!b.width)continue;
if(rect&&Math.abs(b.top-rect.top)<3){line+=" "+m[0];rect=new DOMRect(Math.min(rect.left,b.left),rect.top,Math.max(rect.right,b.right)-Math.min(rect.left,b.left),rect.height)}
else{if(rect)text(line,rect,c);line=m[0];rect=b}}
if(rect)text(line,rect,c);return}
if(e.nodeType!==1||e.matches(skip))return;
const r=e.getBoundingClientRect(),c=getComputedStyle(e);
if(!r.width&&!r.height||c.visibility==="hidden")return;
if(e.localName==="svg"){const to=e.cloneNode(true);paint(e,to,need);const p=at(r);for(const[k,v]of Object.entries({x:p.x,y:p.y,width:r.width,height:r.height,overflow:c.overflow==="hidden"?"hidden":"visible"}))to.setAttribute(k,v);
to.removeAttribute("style");root.append(to);bottom=Math.max(bottom,p.y+r.height);return}
if(e.matches(".chip,i,.brush")){const p=at(r),w=parseFloat(c.borderTopWidth),h=parseFloat(c.borderBottomWidth);
root.append(w&&!h?make("line",{x1:p.x,x2:p.x+r.width,y1:p.y+w/2,y2:p.y+w/2,style:`stroke:${c.borderTopColor};stroke-width:${w}`}):
make("rect",{x:p.x+w/2,y:p.y+w/2,width:Math.max(r.width-w,0),height:Math.max(r.height-w,0),rx:Math.min(parseFloat(c.borderTopLeftRadius)||0,r.height/2),style:`fill:${c.backgroundImage==="none"?c.backgroundColor:c.color};stroke:${w?c.borderTopColor:"none"};stroke-width:${w};stroke-dasharray:${c.borderTopStyle==="dashed"?"3 2":"none"}`}))}
const before=getComputedStyle(e,"::before"),mark=before.content.match(/^"(.+)"$/);
if(mark){const pad=parseFloat(c.paddingLeft)+parseFloat(c.borderLeftWidth),end=parseFloat(c.paddingRight)+parseFloat(c.borderRightWidth);text(mark[1],new DOMRect(r.left+pad,r.top,r.width-pad-end,r.height),before)}
for(const k of e.childNodes)walk(k)};
for(const k of fig.childNodes)walk(k);
const w=Math.ceil(box.width),h=Math.ceil(bottom+8),defs=make("defs",{}),title=words(one(".figtitle",fig)),caption=words(one("figcaption",fig));
for(const id of need){const from=d.getElementById(id);if(from){const to=from.cloneNode(true);if(from.localName==="pattern")paint(from,to,new Set);defs.append(to)}}
root.prepend(make("title",{},title),make("desc",{},caption),make("metadata",{},cite),defs,make("rect",{width:w+24,height:h+24,x:-12,y:-12,fill:getComputedStyle(d.body).backgroundColor}));
root.setAttribute("viewBox",`-12 -12 ${w+24} ${h+24}`);root.setAttribute("width",w+24);root.setAttribute("height",h+24);
return root};
const save=(blob,name)=>{const a=d.createElement("a"),url=URL.createObjectURL(blob);a.href=url;a.download=name;a.click();setTimeout(()=>URL.revokeObjectURL(url),1e4)};
const svgBlob=fig=>new Blob([new XMLSerializer().serializeToString(svgOf(fig))],{type:"image/svg+xml"});
const files={
svg:(fig,name)=>save(svgBlob(fig),name),
png:(fig,name)=>{const img=new Image,url=URL.createObjectURL(svgBlob(fig));img.onload=()=>{const c=d.createElement("canvas");c.width=2*img.width;c.height=2*img.height;c.getContext("2d").drawImage(img,0,0,c.width,c.height);URL.revokeObjectURL(url);c.toBlob(b=>save(b,name))};img.src=url},
csv:(fig,name)=>{
const cell=e=>{let v=words(e);if(/^[=+@\t]/.test(v)||/^-\D/.test(v))v="'"+v;return/[",]/.test(v)?'"'+v.replace(/"/g,'""')+'"':v};
const head=[words(one(".figtitle",fig)),words(one("figcaption",fig)),cite].map(s=>"# "+s),whys=all(".numbers .whys li",fig),
// A reason given by number is written out in a file.
row=r=>{const l=all("th,td",r),c=l.map(cell),e=l.at(-1);if(whys.length&&e.localName==="td"&&words(e))c[c.length-1]=cell({textContent:words(e).match(/\p{Nd}+/gu).map(s=>words(whys[[...s].reduce((n,c)=>10*n+(c.charCodeAt()&15),0)-1])).join(" ")});return c.join(",")},rows=all(".numbers tr",fig).map(row);
save(new Blob(["\ufeff"+head.concat(rows).join("\r\n")+"\r\n"],{type:"text/csv;charset=utf-8"}),name)}};
const tools=one("#tools");
for(const fig of all("figure[id]")){
const bar=tools.content.firstElementChild.cloneNode(true),title=words(one(".figtitle",fig));
for(const b of all("button",bar)){b.setAttribute("aria-label",b.textContent+": "+title);
if(b.value==="csv"&&!one(".numbers td",fig))b.remove();
else b.addEventListener("click",()=>files[b.value](fig,study+"-"+fig.id+"."+b.value))}
fig.append(bar)}
})();
