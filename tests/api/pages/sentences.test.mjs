// Sentences of the service in the language of the page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { catalogueOf, saidIn } from "../../../api/pages/sentences.js";

const chinese = catalogueOf(JSON.parse(readFileSync(new URL("../../../api/pages/sentences.zh.json", import.meta.url), "utf8")));

test("a sentence with values keeps its values", () => {
  assert.equal(saidIn(chinese, "The saving is not proven: -0.12 %, 95 % interval -0.40 to 0.16 %."), "节电未得到证明：-0.12 %，95 % 置信区间 -0.40 至 0.16 %。");
});

test("a value that is a text of the catalogue is said as well", () => {
  assert.equal(saidIn(chinese, "The service is worse: mean waiting changes by +3.2 s; the tolerance is +1 s."), "服务变差：平均候车时间变化 +3.2 秒；容许 +1 秒。");
});

test("conflicting rules are said one by one, with their places", () => {
  const reason = "these rules conflict: the fleet has 9 trains; up from 07:00 to 08:00 the longest headway of 120 s requires a train every 120 s";
  assert.equal(saidIn(chinese, reason), "以下规则相互冲突：车队有 9 列车；07:00 至 08:00 上行，最大间隔 120 秒要求每 120 秒一列车");
});

test("the reasons of a request that cannot be met are said with their figures", () => {
  const peak = "the search found no plan with a 15-minute peak below 4200 kW: the lowest peak that the search reached is 4711 kW on a day without disturbances, 511 kW more";
  assert.equal(saidIn(chinese, peak), "搜索未找到 15 分钟峰值低于 4200 kW 的计划：搜索达到的最低峰值在无干扰日为 4711 kW，高出 511 kW");
  const way = "a plan exists with a limit of 4900 kW, including disturbances and a margin of 3%; wider departure windows or longer headways reduce the peak further";
  assert.equal(saidIn(chinese, way), "上限为 4900 kW（含干扰和 3% 的裕量）时存在计划；更宽的发车时间窗或更长的间隔可进一步降低峰值");
  const fleet = "the present departures need 21 trains, but only 19 are available: the fleet has 20, of which 1 are spare; the search found no times within the departure windows that need so few trains";
  assert.equal(saidIn(chinese, fleet), "现行发车需要 21 列车，但只有 19 列可用：车队有 20 列，其中 1 列备用；搜索在发车时间窗内未找到只需这么少列车的时刻");
});

test("a text of several sentences keeps those that the catalogue does not have", () => {
  assert.equal(saidIn(chinese, "All traction is served. Something new happened."), "牵引能量全部得到供应。 Something new happened.");
});

test("a text that the catalogue does not have at all is not said", () => {
  assert.equal(saidIn(chinese, "Something new happened."), null);
  assert.equal(saidIn(chinese, "Songjiazhuang and Xiaocun"), null);
});

test("a list is said only if all of its parts are", () => {
  assert.equal(saidIn(chinese, "By lever, with every train on time on one equivalent track: driving 12 kWh and dwells 3 kWh."), "按手段（每列车正点、单条等效轨道）：驾驶方式 12 kWh、停站时间 3 kWh。");
  assert.equal(saidIn(chinese, "Assumed: train mass and wind."), "假定：train mass and wind。");
});
