import { Emitter } from './emitter.js';
import { PositionClock } from './position-clock.js';
import { webrtcRates } from './steering.js';

/** Pictures further apart than this are brought together again, at speed 1; faster, reports are that much coarser. */
const toleranceMs = 300;

/** After a command a player needs so long to be where it was sent. */
const settleMs = 1_500;

/** A player that comes late to where it is sent is sent ahead by as much, up to this. */
const longestLeadMs = 2_000;

/** Time of one picture of a usual camera. */
const frameMs = 40;

const tickMs = 200;

/**
 * @typedef {object} SyncPlayer what a group needs of a Player
 * @property {(time: Date) => void} seek
 * @property {() => void} live
 * @property {(rate: number) => void} speed
 * @property {(frames: 1 | -1) => void} step
 *
 * @typedef {object} Member
 * @property {SyncPlayer} player
 * @property {number} commandedAt monotonic milliseconds
 * @property {number} rate that it was told
 * @property {number} lead milliseconds
 * @property {boolean} corrected since it was last together with the others
 * @property {number | null} waitsFor Unix milliseconds: where its next recording begins; Infinity: there is none
 */

/**
 * Several cameras on one clock. The clock leads: a player that is elsewhere is sent to it, one whose camera has nothing recorded at its
 * time waits until the clock comes to where it has.
 *
 * @extends {Emitter<{changed: null}>}
 */
export class SyncGroup extends Emitter {
  #clock = new PositionClock();
  #serverNow;
  #now;
  #rate = 1;
  /** @type {Map<string, Member>} */
  #members = new Map();
  /** @type {ReturnType<typeof setInterval>} */
  #timer;

  /**
   * @param {object} options
   * @param {() => number} options.serverNow Unix milliseconds
   * @param {() => number} [options.now] monotonic milliseconds
   */
  constructor({ serverNow, now = () => performance.now() }) {
    super();
    this.#serverNow = serverNow;
    this.#now = now;
    this.#timer = setInterval(() => this.tick(), tickMs);
  }

  close() {
    clearInterval(this.#timer);
  }

  get rates() {
    return webrtcRates;
  }

  /** Of the clock. @returns {import('./position-clock.js').Position} */
  get position() {
    const { mode } = this.#clock;
    const time = mode === 'live' ? this.#serverNow() : (this.#clock.time(this.#now()) ?? this.#serverNow());
    return { time: new Date(time), mode, rate: mode === 'live' ? 1 : this.#rate };
  }

  /**
   * @param {string} id
   * @returns {number | null} Unix milliseconds until when there is nothing of this camera, Infinity: from here on; null: it plays
   */
  waitsFor(id) {
    return this.#members.get(id)?.waitsFor ?? null;
  }

  /**
   * @param {string} id
   * @param {SyncPlayer} player
   */
  add(id, player) {
    const member = { player, commandedAt: -Infinity, rate: 1, lead: 0, corrected: false, waitsFor: null };
    this.#members.set(id, member);
    if (this.#clock.mode === 'dvr') this.#send(member);
  }

  /** @param {string} id */
  remove(id) {
    this.#members.delete(id);
  }

  /** @param {Date} time */
  seek(time) {
    this.#anchor(time.getTime());
    for (const member of this.#members.values()) {
      member.corrected = false;
      this.#send(member);
    }
    this.emit('changed', null);
  }

  live() {
    this.#clock.mode = 'live';
    this.#rate = 1;
    for (const member of this.#members.values()) {
      this.#forget(member);
      member.rate = 1;
      member.player.live();
    }
    this.emit('changed', null);
  }

  /** @param {number} rate */
  speed(rate) {
    if (this.#clock.mode === 'live' && rate === 1) return;
    const { time } = this.position;
    this.#rate = rate;
    this.#anchor(time.getTime());
    for (const member of this.#members.values()) {
      if (member.waitsFor !== null) continue;
      member.commandedAt = this.#now();
      this.#setRate(member, rate);
    }
    this.emit('changed', null);
  }

  /** @param {1 | -1} frames */
  step(frames) {
    const { time } = this.position;
    this.#rate = 0;
    this.#anchor(time.getTime() + frames * frameMs);
    for (const member of this.#members.values()) {
      if (member.waitsFor !== null) continue;
      member.commandedAt = this.#now();
      member.rate = 0;
      member.player.step(frames);
    }
    this.emit('changed', null);
  }

  /**
   * A player has said where it is.
   *
   * @param {string} id
   * @param {import('./position-clock.js').Position} position
   */
  report(id, position) {
    const member = this.#members.get(id);
    if (!member || member.waitsFor !== null || this.#now() - member.commandedAt < settleMs) return;
    if (this.#clock.mode === 'live') {
      if (position.mode === 'dvr') {
        member.commandedAt = this.#now();
        member.player.live();
      }
      return;
    }
    if (position.mode === 'live') {
      // At the end of its recordings the server has put its speed back.
      member.rate = 1;
      this.#wait(member, Infinity);
      return;
    }
    const ahead = position.time.getTime() - this.position.time.getTime();
    if (Math.abs(ahead) <= toleranceMs * Math.max(1, Math.abs(this.#rate))) {
      member.corrected = false;
      return;
    }
    // Sent here once already, and beyond it: between here and there is nothing.
    const beyond = this.#rate < 0 ? ahead < 0 : ahead > 0;
    if (member.corrected && beyond && Math.abs(ahead) > longestLeadMs) {
      const jumpedTo = position.time.getTime() - (this.#now() - member.commandedAt) * this.#rate;
      this.#wait(member, jumpedTo);
      return;
    }
    if (member.corrected) member.lead = Math.min(longestLeadMs, Math.max(0, member.lead - ahead));
    member.corrected = true;
    this.#send(member);
  }

  /** Wakes who waits, and ends at now. */
  tick() {
    if (this.#clock.mode === 'live') return;
    const time = this.position.time.getTime();
    if (time >= this.#serverNow() && this.#rate > 0) {
      this.live();
      return;
    }
    const members = [...this.#members.values()];
    const moving = this.#rate !== 0 && members.length > 0;
    if (moving && members.every(({ waitsFor }) => waitsFor !== null)) this.#passGap(members);
    for (const member of members) {
      if (member.waitsFor === null) continue;
      const reached = this.#rate < 0 ? time <= member.waitsFor : time >= member.waitsFor;
      if (reached && Number.isFinite(member.waitsFor)) this.#send(member);
    }
  }

  /** Nothing is recorded of any: to where the first one goes on. @param {Member[]} members */
  #passGap(members) {
    const next = members.map(({ waitsFor }) => /** @type {number} */ (waitsFor)).filter(Number.isFinite);
    if (next.length === 0) this.live();
    else this.seek(new Date(this.#rate < 0 ? Math.max(...next) : Math.min(...next)));
  }

  /** @param {number} time */
  #anchor(time) {
    this.#clock.set({ time: new Date(time), mode: 'dvr', rate: this.#rate }, this.#now());
  }

  /** To where the clock is. @param {Member} member */
  #send(member) {
    member.waitsFor = null;
    member.commandedAt = this.#now();
    member.player.seek(new Date(this.position.time.getTime() + member.lead * this.#rate));
    this.#setRate(member, this.#rate);
    this.emit('changed', null);
  }

  /**
   * @param {Member} member
   * @param {number} until Unix milliseconds
   */
  #wait(member, until) {
    this.#forget(member);
    member.waitsFor = until;
    if (Number.isFinite(until)) this.#setRate(member, 0);
    this.emit('changed', null);
  }

  /**
   * @param {Member} member
   * @param {number} rate
   */
  #setRate(member, rate) {
    if (member.rate === rate) return;
    member.rate = rate;
    member.player.speed(rate);
  }

  /** @param {Member} member */
  #forget(member) {
    member.commandedAt = this.#now();
    member.corrected = false;
    member.waitsFor = null;
  }
}
