/** A printable sheet of control codes: what people scan to switch modes, confirm and undo. */
import { create } from 'qrcode';
import { CONTROL_MODES, type ControlMode } from '#drivers/symbology/own-codes';

interface Sign {
  readonly code: string;
  readonly en: string;
  readonly zh: string;
}

const modeWords: Readonly<Record<ControlMode, { readonly en: string; readonly zh: string }>> = {
  RECEIVE: { en: 'Receive', zh: '收货' },
  PACK: { en: 'Pack', zh: '装箱' },
  SHIP: { en: 'Ship', zh: '发货' },
  COUNT: { en: 'Count', zh: '盘点' },
  SELL: { en: 'Sell', zh: '销售' },
  VOID: { en: 'Void', zh: '作废' },
  RETURN: { en: 'Return', zh: '退货' },
  INSPECT: { en: 'Passed', zh: '检验合格' },
  REJECT: { en: 'Rejected', zh: '检验不合格' },
};

const signs: readonly Sign[] = [
  ...CONTROL_MODES.map((mode) => ({ code: `BZC:MODE=${mode}`, ...modeWords[mode] })),
  { code: 'BZC:CONFIRM', en: 'Confirm', zh: '确认' },
  { code: 'BZC:UNDO', en: 'Undo', zh: '撤销' },
];

// A4 in tenths of a millimetre; three columns of four, far enough apart that a scanner sees one code at a time.
const pageWidth = 2_100;
const pageHeight = 2_970;
const codeSize = 400;
const columns = 3;
const cellWidth = pageWidth / columns;
const cellHeight = 640;
const top = 300;

/** The dark modules of a QR code as one path, `size` wide at (x, y). */
function codePath(text: string, x: number, y: number, size: number): string {
  const { modules } = create(text, { errorCorrectionLevel: 'Q' });
  const step = size / modules.size;
  let path = '';
  for (let row = 0; row < modules.size; row++) {
    for (let column = 0; column < modules.size; column++) {
      if (modules.get(row, column) === 0) continue;
      const left = (x + column * step).toFixed(2);
      path += `M${left} ${(y + row * step).toFixed(2)}h${step.toFixed(2)}v${step.toFixed(2)}h-${step.toFixed(2)}z`;
    }
  }
  return `<path d="${path}" fill="#000"/>`;
}

function cell(sign: Sign, index: number): string {
  const middle = (index % columns) * cellWidth + cellWidth / 2;
  const y = top + Math.floor(index / columns) * cellHeight;
  const code = codePath(sign.code, middle - codeSize / 2, y, codeSize);
  const text = `${sign.en} ${sign.zh}`;
  return `${code}<text x="${middle}" y="${y + codeSize + 85}" font-size="64" font-weight="600">${text}</text>`;
}

/** The sheet as SVG, A4 portrait. Codes are 40 mm wide: read from a metre away. */
export function controlSheet(): Promise<string> {
  const cells = signs.map(cell).join('\n');
  return Promise.resolve(`<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm" viewBox="0 0 ${pageWidth} ${pageHeight}">
<rect width="100%" height="100%" fill="#fff"/>
<g font-family="sans-serif" text-anchor="middle" fill="#000" shape-rendering="crispEdges">
<text x="${pageWidth / 2}" y="170" font-size="72">BIZAIN</text>
${cells}
</g>
</svg>`);
}
