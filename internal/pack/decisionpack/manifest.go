package decisionpack

import (
	_ "embed"

	"dpp"
	"dpp/internal/pack"
)

// What is priced.
const (
	unitDecision   = "decision"
	unitEvaluation = "evaluation"
)

// The bounds of the inputs. Those on counts and lengths stand in the schema too.
const (
	maxAlternatives = 200
	maxCriteria     = 100
	maxConstraints  = 50
	maxNameChars    = 200
	maxQuestion     = 2000
	maxDraws        = 100_000
	maxEvaluations  = 200_000_000
	maxInputBytes   = 512 << 10
	maxRepeated     = 2 << 20 // bytes of the names that the result repeats for every alternative
	maxFindings     = 25
	maxStakeholders = 50
	maxScenarios    = 20
	maxRules        = 1000
	maxTableInputs  = 50
)

//go:embed inputs.schema.json
var inputsSchema []byte

//go:embed data.schema.json
var dataSchema []byte

//go:embed example.json
var example []byte

func newManifest() *pack.Manifest {
	return &pack.Manifest{
		Type:    "decision",
		Version: "1.1.0",
		Title:   "Rank alternatives by weighted criteria",
		Description: "Ranks alternatives by TOPSIS, weighted sum, weighted product, VIKOR, PROMETHEE II or AHP, for one or several stakeholders, " +
			"and says how stable the winner is under uncertain weights, values and scenarios, which weight would flip it, what each criterion " +
			"contributes, what better information would be worth, and what is dominated or excluded; or applies a decision table to facts.",
		InputsSchema: inputsSchema,
		DataSchema:   dataSchema,
		Prices: []dpp.Price{
			{Unit: unitDecision, Per: 1, Amount: 5_000},
			{Unit: unitEvaluation, Per: 1_000_000, Amount: 5_000},
		},
		Units: map[string]string{
			unitDecision:   "one decision: the ranking and everything but the draws, or one decision table applied to facts",
			unitEvaluation: "one alternative judged by one criterion in one draw; excluded alternatives do not count",
		},
		Limits: map[string]int64{
			"max_alternatives": maxAlternatives,
			"max_criteria":     maxCriteria,
			"max_constraints":  maxConstraints,
			"max_name_chars":   maxNameChars,
			"max_question":     maxQuestion,
			"max_draws":        maxDraws,
			"max_evaluations":  maxEvaluations,
			"max_inputs_bytes": maxInputBytes,
			"max_names_bytes":  maxRepeated,
			"max_stakeholders": maxStakeholders,
			"max_scenarios":    maxScenarios,
			"max_judged":       maxJudged,
			"max_ratios":       maxRatios,
			"max_rules":        maxRules,
			"max_table_inputs": maxTableInputs,
		},
		Reliability: "completeness x consistency x convergence. Completeness is the share of given values, each criterion counted by its weight. " +
			"Consistency is 1 minus the consistency ratio of pairwise judgements about the criteria (the mean by importance over stakeholders), times " +
			"1 minus those about alternatives, each counted by the weight of its criterion; without such judgements it is 1. " +
			"Convergence is 1 minus the half-width of the 95% interval of the winner's probability by Agresti and Coull: " +
			"1.96 sqrt(q(1-q)/(n+4)) with q = (k+2)/(n+4), k of n draws won; it is 1 where no draws were asked for. " +
			"A close decision lowers stability.winner_probability, not the reliability. A decision table has 1.",
		Example: example,
		Spillable: []string{
			"/contributions", "/stability/rank_probabilities", "/stability/scores", "/group/stakeholders", "/group/borda",
			"/evpi/alternatives", "/vikor/alternatives", "/vikor/compromise", "/promethee2/alternatives",
			"/excluded", "/dominated", "/pareto_front", "/flips", "/tied_with", "/criteria", "/ranking", "/consistency",
			"/fired", "/not_fired", "/outcomes",
		},
	}
}
