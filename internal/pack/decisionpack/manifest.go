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
		Version: "1.0.0",
		Title:   "Rank alternatives by weighted criteria",
		Description: "Ranks alternatives by TOPSIS, weighted sum or weighted product, and says how stable the winner is " +
			"under changed weights and values, which weight would flip it, what each criterion contributes, and what is dominated or excluded.",
		InputsSchema: inputsSchema,
		DataSchema:   dataSchema,
		Prices: []dpp.Price{
			{Unit: unitDecision, Per: 1, Amount: 5_000},
			{Unit: unitEvaluation, Per: 1_000_000, Amount: 5_000},
		},
		Units: map[string]string{
			unitDecision:   "one decision: the ranking and everything but the draws",
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
		},
		Reliability: "completeness x convergence. Completeness is the share of given values, each criterion counted by its weight. " +
			"Convergence is 1 minus the half-width of the 95% interval of the winner's probability by Agresti and Coull: " +
			"1.96 sqrt(q(1-q)/(n+4)) with q = (k+2)/(n+4), k of n draws won; it is 1 where no draws were asked for. " +
			"A close decision lowers stability.winner_probability, not the reliability.",
		Example: example,
		Spillable: []string{
			"/contributions", "/stability/rank_probabilities", "/excluded", "/dominated", "/flips", "/tied_with", "/criteria", "/ranking",
		},
	}
}
