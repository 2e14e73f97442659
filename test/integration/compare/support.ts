export { Contest, onEachContest as onEach } from '../../support/peer/contest.js';
