// The access token of this tab. Where Lark refuses a request for want of one, people are asked; whoever says no is not asked again
// until a form is sent or the button is pressed.

import { byId, fieldOf } from './dom.js';

const KEY = 'lark.token';

const dialog = byId('token-dialog', HTMLDialogElement);
const form = byId('token-form', HTMLFormElement);
const reason = byId('token-reason', HTMLParagraphElement);

/** @type {Promise<boolean> | undefined} */
let asking;
let isDeclined = false;

/** @returns {Record<string, string>} */
export function authorization() {
  const token = sessionStorage.getItem(KEY);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/**
 * Resolves when there is another token, with true; with false where there is not going to be one.
 * @param {string} why
 * @param {boolean} isWanted somebody waits for the answer, so that it is worth another question
 * @returns {Promise<boolean>}
 */
export function askForToken(why, isWanted) {
  if (isDeclined && !isWanted) return Promise.resolve(false);
  asking ??= ask(why).finally(() => {
    asking = undefined;
  });
  return asking;
}

/**
 * @param {string} why
 * @returns {Promise<boolean>}
 */
function ask(why) {
  reason.textContent = why;
  form.reset();
  dialog.returnValue = 'cancel';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      'close',
      () => {
        const token = fieldOf(form, 'token');
        form.reset();
        const isUsed = dialog.returnValue === 'use' && token !== '';
        if (isUsed) sessionStorage.setItem(KEY, token);
        if (dialog.returnValue === 'forget') sessionStorage.removeItem(KEY);
        isDeclined = !isUsed;
        resolve(isUsed);
      },
      { once: true },
    );
  });
}
